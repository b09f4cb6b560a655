"""The rows say what ``analyze`` and ``classify`` say."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa

from archive import tables
from archive.engine import engine
from archive.job import Job
from ecg.formats import wfdb_writer
from ecg.formats.reading import open_recording
from inference_server.commands.recording_answering import recording_model
from inference_server.exports.beat_table import COLUMNS, beat_table
from inference_server.exports.document import document
from inference_server.recordings.analysis import analyse
from tests.inference_server.recordings_of_tests import recording, with_gap

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def _line(row: dict[str, object]) -> list[str]:
    """A row of beats as a line of the file."""
    number = {"time_s": ".4f", "probability": ".4f", "interval_s": ".4f"}
    told = []
    for column in COLUMNS:
        value = row[column]
        if value is None:
            told.append("")
        elif isinstance(value, list):
            told.append(" ".join(value))
        elif isinstance(value, bool):
            told.append(str(int(value)))
        else:
            told.append(format(value, number.get(column, "")))
    return told


def test_a_recording_s_rows_are_its_document_and_its_table_of_beats(job: Job, tmp_path: Path) -> None:
    files = wfdb_writer.write(with_gap(recording(60), 20, 30), tmp_path, "r")
    with engine(job) as here:
        rows = here.about("s3://bucket/r.hea", [files[0], files[0].with_suffix(".dat")])
    stored = open_recording([files[0], files[0].with_suffix(".dat")])
    right = analyse(stored, recording_model(job.settings))
    (row,) = rows.recordings.to_pylist()
    whole = document(right, "r.hea", stored.start)
    assert json.loads(row["document"]) == whole
    assert (row["file"], row["source"]) == ("s3://bucket/r.hea", "recording")
    assert (row["beats"], row["leads"], row["duration_s"]) == (whole["beats"], ["II", "V1"], 60.0)
    assert {short: row[f"beats_{short}"] for short in whole["classes"]} == whole["classes"]
    assert row["ventricular_burden"] == whole["measures"]["ventricular"]["burden"] > 0
    lines = list(csv.reader(io.StringIO(beat_table(right).decode())))
    assert [_line(beat) for beat in rows.beats.to_pylist()] == lines[1:]
    assert rows.beats.column("file").unique().to_pylist() == ["s3://bucket/r.hea"]
    assert len(rows.failures) == 0


def test_a_picture_of_one_beat_is_classified(job: Job) -> None:
    file = next((SAMPLES / "PVC").glob("119*.png"))
    with engine(job) as here:
        rows = here.about("beat", [file])
    (row,), (beat,) = rows.recordings.to_pylist(), rows.beats.to_pylist()
    assert (row["source"], row["beats"], row["duration_s"]) == ("beat", 1, None)
    assert row[f"beats_{beat['class']}"] == 1
    assert beat["sample"] is None
    assert 0 < beat["probability"] <= 1


def test_what_has_no_answer_has_its_reason(job: Job, tmp_path: Path) -> None:
    (tmp_path / "cut.edf").write_bytes(b"0" * 300)
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    with engine(job) as here:
        rows = [here.about(name, [tmp_path / name]) for name in ("cut.edf", "cut.png", "gone.csv")]
    failures = pa.concat_tables([row.failures for row in rows]).to_pylist()
    assert [row["reason"] for row in failures[1:]] == ["IMAGE_TRUNCATED", "FILE_NOT_FOUND"]
    assert failures[0]["reason"].startswith("RECORDING_")
    assert all(row["message"] and not row["left_out"] for row in failures)
    assert sum(len(row.recordings) for row in rows) == 0


def test_columns_are_the_same_with_and_without_rows(job: Job) -> None:
    empty = tables.tables(job.classes)
    assert tuple(table.schema for table in empty) == tables.schemas(job.classes)
