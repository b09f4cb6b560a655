"""The table of recordings, letter by letter."""

from __future__ import annotations

import json

import pytest

from ecg.recording import RecordingWarning
from inference_server.commands.answering import NoAnswer
from inference_server.commands.recording_printing import ResultTable, line_of
from tests.inference_server.exports.made import analysis_of, regular, with_ventricular

TABLE = """\
file       duration  leads  beats  classes           rate /min   pauses  AF  certain  warnings
[a].edf    0:01:00   II V1  74     NORMAL 71, PVC 3  75 (75–75)  0       –   98.6%    1
empty.csv  0:00:10   II V1  0      –                 –           0       –   –        0
file   reason                  message
b.csv  RECORDING_RATE_UNKNOWN  Say it with --rate.
"""


def test_the_table_shows_each_recording_and_then_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    warning = RecordingWarning("RECORDING_GAPS", "1 gap.")
    table = ResultTable()
    table.add("[a].edf", analysis_of(with_ventricular(regular(60), 20, 21, 22), 60, uncertain=[4], warnings=(warning,)))
    table.add("b.csv", NoAnswer("RECORDING_RATE_UNKNOWN", "Say it with --rate."))
    table.add("empty.csv", analysis_of([], 10))
    table.print()
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == TABLE.splitlines()


def test_an_error_is_an_object_of_its_own() -> None:
    line = json.loads(line_of("b.csv", NoAnswer("RECORDING_RATE_UNKNOWN", "Say it.")))
    assert line == {"file": "b.csv", "error": {"reason": "RECORDING_RATE_UNKNOWN", "message": "Say it."}}
