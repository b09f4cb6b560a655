"""The list of reasons is complete, true, and on the page of integrators."""

from __future__ import annotations

import re
from pathlib import Path

import ecg
from ecg import recording_reasons
from ecg.recording_errors import Question, RecordingQuestion

PACKAGE = Path(ecg.__file__).parent
GUIDE = PACKAGE.parent / "docs" / "integrators.md"


def test_every_reason_in_the_code_is_listed_and_every_listed_one_is_given() -> None:
    paths = [*PACKAGE.glob("*.py"), *(PACKAGE / "formats").glob("*.py")]
    source = "".join(path.read_text() for path in paths if path.name != "recording_reasons.py")
    raised = set(re.findall(r'"(RECORDING_[A-Z_]+[A-Z])"', source))
    raised |= {RecordingQuestion((Question(about, ""),)).reason for about in ("rate", "unit", "leads")}
    listed = recording_reasons.QUESTIONS | recording_reasons.REFUSALS | recording_reasons.WARNINGS
    assert raised == set(listed)


def test_the_page_has_the_list() -> None:
    begin, end = (
        "<!-- recording reasons: begin, made from ecg/recording_reasons.py -->\n",
        "<!-- recording reasons: end -->",
    )
    assert GUIDE.read_text().split(begin)[1].split(end)[0] == recording_reasons.table()
