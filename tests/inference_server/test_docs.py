"""docs/integrators.md says what is true: its Python runs, its tables are complete."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecg.pictures.decoding import ImageReason
from inference_server import rpc
from inference_server.runtime import settings
from tests.inference_server.failures import kinds_of_failure
from tests.inference_server.pictures import picture
from tests.inference_server.server_process import ServerProcess

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "integrators.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", range(len(EXAMPLES)))
def test_an_example_runs(example: int, server: ServerProcess, tmp_path: Path) -> None:
    beat = tmp_path / "beat.png"
    beat.write_bytes(picture(4))
    program = f"ADDRESS, PICTURE = {server.address!r}, {str(beat)!r}\n{EXAMPLES[example]}"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "PVC" in ran.stdout or "Premature Ventricular Contraction" in ran.stdout


def test_every_reason_is_in_the_table() -> None:
    source = "".join(path.read_text() for path in Path(rpc.__file__).parent.glob("*.py"))
    of_requests = set(re.findall(r'(?:RequestError|RecordingRefused)\(\s*"([A-Z_]+)"', source))
    reasons = {reason.value for reason in ImageReason} | of_requests | {kind.reason for kind in kinds_of_failure()}
    assert {"QUEUE_FULL", "BATCH_EMPTY", "INTERNAL", "IMAGE_EMPTY"} <= reasons
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", GUIDE.read_text(), re.MULTILINE))
    assert reasons <= documented


def test_the_settings_table_is_current() -> None:
    text = GUIDE.read_text()
    begin, end = "<!-- settings: begin, made from inference_server/runtime/settings.py -->\n", "<!-- settings: end -->"
    assert text.split(begin)[1].split(end)[0] == settings.table()
