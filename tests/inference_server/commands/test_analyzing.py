"""``analyze``, as people and programs use it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import wfdb

from ecg.formats import wfdb_writer
from inference_server.classification import DISCLAIMER
from tests.ecg.formats import made
from tests.inference_server.environment import bare
from tests.inference_server.recordings_of_tests import recording
from tests.inference_server.server_process import running_server
from tests.inference_server.tiny_recording_models import write_recording_model

PICTURE = Path(__file__).parents[3] / "samples" / "pictures" / "strip-screenshot.png"
KEYS = {"file", "duration_s", "leads", "beats", "classes", "measures", "episodes", "warnings"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = tmp_path_factory.mktemp("models")
    write_recording_model(repository)
    return repository


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The header of a record of 40 seconds."""
    (tmp_path / "in").mkdir()
    return wfdb_writer.write(recording(40), tmp_path / "in", "r")[0]


def run(models: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inference_server", "analyze", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=bare(BEATLENS_MODELS=str(models)),
    )


def lines_of(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_record_gets_a_table_and_four_files_that_say_the_same(models: Path, record: Path, tmp_path: Path) -> None:
    ran = run(models, record.with_suffix(".dat"), record, "--out", tmp_path / "out")
    assert (ran.returncode, ran.stderr) == (0, f"{DISCLAIMER}\n")
    head, row = ran.stdout.splitlines()
    assert head.split() == [
        *("file", "duration", "leads", "beats", "classes", "rate", "/min", "pauses", "AF", "certain", "warnings")
    ]
    whole = json.loads((tmp_path / "out" / "r.json").read_text())
    assert row.split()[:5] == [str(record), "0:00:40", "II", "V1", f"{whole['beats']:,}"]
    marks = wfdb.rdann(str(tmp_path / "out" / "r"), "atr")
    beats = [int(sample) for sample, symbol in zip(marks.sample, marks.symbol, strict=True) if symbol not in '+[]"']
    table = (tmp_path / "out" / "r.beats.csv").read_text().splitlines()[1:]
    assert beats == [int(line.split(",")[0]) for line in table]
    assert len(beats) == whole["beats"] > 40
    assert whole["file"] == "r.hea"
    assert len(pypdfium2.PdfDocument(tmp_path / "out" / "r.pdf")) >= 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["r.atr", "r.beats.csv", "r.json", "r.pdf"]


def test_the_report_of_a_picture_says_that_it_was_one_and_by_which_scale_it_was_read(
    models: Path, record: Path, tmp_path: Path
) -> None:
    ran = run(models, PICTURE, record, "--out", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    said = {name: _text_of(tmp_path / "out" / f"{name}.pdf") for name in (PICTURE.stem, "r")}
    assert "read from a picture" in said[PICTURE.stem]
    assert "25 mm/s (printed on the page)" in said[PICTURE.stem]
    assert "can't say what a day can" in said[PICTURE.stem]
    assert "picture" not in said["r"]


def _text_of(report: Path) -> str:
    document = pypdfium2.PdfDocument(report)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_every_kind_of_bad_input_has_its_reason_and_the_others_their_answers(
    models: Path, record: Path, tmp_path: Path
) -> None:
    unit = b"\n".join(b"%d" % (place * 37 % 200) for place in range(2_000))
    bad = {
        "empty.edf": (b"", "RECORDING_EMPTY"),
        "text.txt": (b"no recording", "RECORDING_UNSUPPORTED_FORMAT"),
        "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "IMAGE_TRUNCATED"),
        "alone.dat": (made.wfdb()["r.dat"], "RECORDING_UNSUPPORTED_FORMAT"),
        "lonely.hea": (made.wfdb()["r.hea"], "RECORDING_FILE_MISSING"),
        "asks.csv": (b"II\n" + unit, "RECORDING_RATE_UNKNOWN"),
        "cut.zip": (b"PK\x03\x04" + bytes(30), "RECORDING_DAMAGED"),
    }
    for name, (content, _) in bad.items():
        (tmp_path / name).write_bytes(content)
    ran = run(models, "--json", *(tmp_path / name for name in bad), tmp_path / "missing", record)
    lines = lines_of(ran)
    assert ran.returncode == 1
    reasons = {Path(line["file"]).name: line["error"]["reason"] for line in lines[:-1]}
    assert reasons == {name: reason for name, (_, reason) in bad.items()} | {"missing": "FILE_NOT_FOUND"}
    assert all(set(line) == {"file", "error"} and line["error"]["message"] for line in lines[:-1])
    assert set(lines[-1]) == KEYS
    asked = next(line["error"]["message"] for line in lines if line["file"].endswith("asks.csv"))
    assert "--rate" in asked
    assert "--unit" in asked


def test_options_answer_what_the_file_leaves_out(models: Path, tmp_path: Path) -> None:
    rows = 1000 * recording(20, rate=250).read().T
    (tmp_path / "bare.csv").write_text("\n".join(f"{first:.0f},{second:.0f}" for first, second in rows))
    options = ("--rate", 250, "--unit", "uV", "--lead", "V5", "--lead", "I")
    ran = run(models, "--json", *options, tmp_path / "bare.csv")
    (line,) = lines_of(ran)
    assert (line["duration_s"], line["leads"]) == (20.0, ["V5", "I"])
    assert line["beats"] > 15


@pytest.mark.parametrize("option", [("--rate", "-1"), ("--unit", "kg")])
def test_an_impossible_answer_is_a_mistake_of_use(models: Path, record: Path, option: tuple[str, str]) -> None:
    ran = run(models, *option, record)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert len(ran.stderr.splitlines()) == 1


def test_inputs_are_never_written_over(models: Path, record: Path) -> None:
    reference = record.with_suffix(".atr")
    reference.write_bytes(b"reference")
    (line,) = lines_of(run(models, "--json", record, "--out", record.parent))
    assert line["error"]["reason"] == "OUTPUT_EXISTS"
    assert reference.read_bytes() == b"reference"
    assert sorted(path.name for path in record.parent.iterdir()) == ["r.atr", "r.dat", "r.hea"]


def test_zips_and_folders_are_read_and_equal_names_get_numbers(models: Path, record: Path, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in record.parent.iterdir():
            archive.write(path, path.name)
    (record.parent / "deeper").mkdir()
    (record.parent / "deeper" / "r.zip").write_bytes(packed.getvalue())
    (record.parent / "note.txt").write_text("nothing")
    ran = run(models, "--json", record.parent, "--out", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    keys = {Path(line["file"]).name: set(line) for line in lines_of(ran)}
    assert keys == {"r.hea": KEYS, "r.zip": KEYS, "note.txt": {"file", "left_out"}}
    assert {path.name for path in (tmp_path / "out").glob("*.pdf")} == {"r.pdf", "r-2.pdf"}


def test_a_folder_without_recordings_is_a_failure(models: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    ran = run(models, tmp_path / "nothing")
    assert ran.returncode == 1
    assert f"{tmp_path / 'nothing'} has no recordings." in ran.stderr


def test_without_a_model_the_program_says_so(tmp_path: Path, record: Path) -> None:
    ran = run(tmp_path / "no models", record)
    assert ran.returncode == 1
    assert "There is no usable model in" in ran.stderr


def test_a_running_server_answers_the_same(models: Path, record: Path) -> None:
    with running_server(models, recording_workers=1) as server:
        server.wait_for("serving recordings")
        asked = lines_of(run(models, "--json", record, "--address", server.address))
    assert asked == lines_of(run(models, "--json", record))


def test_an_interrupt_leaves_no_half_written_files(models: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    header = wfdb_writer.write(recording(3_600), tmp_path / "in", "long")[0]
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "inference_server", "analyze", str(header), "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=bare(BEATLENS_MODELS=str(models), TMPDIR=str(tmp_path / "temporary")),
    )
    end = time.monotonic() + 60
    while not list((tmp_path / "temporary").glob("beatlens-*/recording/recording.json")):
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode not in (0, None), said
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "temporary").glob("beatlens-*")) == []
