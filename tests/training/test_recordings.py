"""``python -m training recordings``, from a small copy of MIT-BIH to a model file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from inference_server.models.recording_model import RecordingModel
from training.__main__ import app
from training.databases.mitdb import MITDB
from training.datasets.recordings import divisions
from training.export.recording_model import TOLERANCE


@pytest.fixture(scope="module")
def folder(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared, trained for a step each, exported."""
    folder = tmp_path_factory.mktemp("commands")
    places = ["--data", str(folder / "data"), "--runs", str(folder / "runs")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MITDB_DIR", str(recordings))
        for command in (
            ["prepare", "--databases", "mitdb", *places[:2]],
            ["train", *divisions.FOLDS, divisions.ALL_PEOPLE, "--steps", "1", "--threads", "0", *places],
            ["export", "--version", "1", "--models", str(folder / "models"), "--threads", "0", *places],
        ):
            result = CliRunner().invoke(app, ["recordings", *command])
            assert result.exit_code == 0, result.output
    return folder


def test_a_model_file_comes_of_recordings(folder: Path) -> None:
    version = folder / "models" / "arrhythmia-recording" / "1"
    metadata = json.loads((version / "metadata.json").read_text())
    assert metadata["parity"] <= TOLERANCE
    assert metadata["scores"]["people-5fold/PACED/people"] == 3
    assert MITDB.notice in metadata["licence"]
    assert len(metadata["settings"]) == 1


def test_the_model_file_takes_what_the_stream_gives(
    folder: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecg.features.stream import beat_blocks

    monkeypatch.setenv("MITDB_DIR", str(recordings))
    recording = MITDB.read(MITDB.entries()[0]).recording
    block = next(iter(beat_blocks(recording)))
    said = RecordingModel.load(folder / "models" / "arrhythmia-recording" / "1").probabilities(block)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)


def test_databases_without_beats_are_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["recordings", "prepare", "--databases", "vfdb", "--data", str(tmp_path)])
    assert result.exit_code == 1


def test_tables_without_networks_say_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["recordings", "tables", "--data", str(tmp_path), "--runs", str(tmp_path)])
    assert result.exit_code == 1
