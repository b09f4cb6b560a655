"""Beats as CSV and everything as JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import numpy as np

from ecg.faults import Fault
from ecg.recording import RecordingWarning
from inference_server.classification import DISCLAIMER
from inference_server.exports.beat_table import COLUMNS, beat_table
from inference_server.exports.document import document_file, summary
from tests.inference_server.exports.made import analysis_of, regular, with_ventricular


def rows(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode())))


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def test_a_line_says_all_about_a_beat() -> None:
    analysis = analysis_of(with_ventricular(regular(10), 3), 10, rate=250, uncertain=[3])
    table = rows(beat_table(analysis))
    assert tuple(table[0]) == COLUMNS
    assert len(table) == len(analysis.beats)
    assert table[3] == {
        "sample": "725",
        "time_s": "2.9000",
        "class": "PVC",
        "probability": "0.5000",
        "verdict": "UNCERTAIN",
        "plausible": "PVC NORMAL LBBB RBBB PAC PACED",
        "family": "2",
        "interval_s": "0.8000",
        "wave": "0",
    }
    assert (table[2]["verdict"], table[2]["plausible"], table[2]["family"]) == ("CONFIDENT", "NORMAL", "1")


def test_intervals_cross_neither_unreadable_seconds_nor_fibrillation() -> None:
    faults = np.zeros((2, 40), np.uint8)
    faults[:, 10] = Fault.NOISE
    faults[0, 5] = Fault.FLAT  # the other lead can be read
    analysis = analysis_of(regular(40), 40, faults=faults, fibrillation=[(20, 25)])
    table = rows(beat_table(analysis))
    unknown = [float(row["time_s"]) for row in table if not row["interval_s"]]
    assert unknown[0] == 0.5
    assert all(10 <= time < 12 or 20 <= time < 26 for time in unknown[1:])
    assert any(10 <= time < 12 for time in unknown)
    assert [row["wave"] for row in table] == [str(int(20 <= float(row["time_s"]) < 25)) for row in table]


def test_json_holds_the_stable_keys_and_no_nan() -> None:
    warning = RecordingWarning("RECORDING_GAPS", "1 gap.", "")
    analysis = analysis_of(
        with_ventricular(regular(60), 20, 21, 22), 60, uncertain=[4], warnings=(warning,), fibrillation=[(50, 55)]
    )
    text = document_file(analysis, "ä.edf", datetime(2020, 1, 2, 3, 4, 5))
    whole = json.loads(text, parse_constant=refuse)
    assert set(whole) == {
        *("format", "file", "duration_s", "leads", "beats", "classes", "measures", "episodes", "warnings", "rate"),
        *("samples", "start", "model", "confident", "families", "quality", "disclaimer"),
    }
    assert whole["format"] == "beatlens-analysis/1"
    assert (whole["file"], whole["start"], whole["duration_s"]) == ("ä.edf", "2020-01-02T03:04:05", 60.0)
    assert whole["warnings"] == [{"reason": "RECORDING_GAPS", "message": "1 gap.", "lead": ""}]
    assert (
        whole["beats"] == sum(whole["classes"].values()) == len(analysis.beats) - int(analysis.beats.fibrillates.sum())
    )
    assert whole["families"][1] == {
        "family": 2,
        "class": "PVC",
        "beats": 3,
        "early": False,
        "typical_sample": 6516,
    }
    assert whole["quality"][0]["lead"] == "II"
    assert whole["quality"][0]["readable_s"] == 60
    assert whole["measures"]["settings"]["run_beats"] == 3
    assert whole["measures"]["pauses"]["counts"] == {"2.0": 0, "2.5": 0, "3.0": 0}
    run = next(episode for episode in whole["episodes"] if episode["kind"] == "VENTRICULAR_RUN")
    assert run == {"kind": "VENTRICULAR_RUN", "begin_s": 16.5, "end_s": 18.1, "beats": 3, "rate": 75.0}
    assert whole["disclaimer"] == DISCLAIMER


def test_a_recording_without_beats_has_measures_of_none() -> None:
    line = summary(analysis_of([], 10), "empty.csv")
    assert (line["beats"], line["episodes"], line["measures"]["heart_rate"]["mean"]) == (0, [], None)
    json.dumps(line, allow_nan=False)
