"""Recordings to stored beats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecg.classes import PACED
from ecg.features.stream import beats_of
from tests.training.databases import tiny_records
from tests.training.recordings import RECORDS
from training.databases.database import Entry
from training.databases.mitdb import MITDB
from training.datasets.recordings import beat_set, preparation
from training.datasets.recordings.labelling import bits


def test_every_record_and_its_edits_are_stored(prepared_recordings: Path) -> None:
    names = {path.name for path in beat_set.stored(prepared_recordings)}
    assert {f"{record}.npz" for record in RECORDS} <= names
    assert {"100.early0.npz", "100.runs0.npz", "100.irregular0.npz", "100.right0.npz"} <= names
    assert {path.name for path in beat_set.stored(prepared_recordings, edited=False)} == {
        f"{record}.npz" for record in RECORDS
    }


def test_detected_beats_carry_the_code_of_the_marked_one(prepared_recordings: Path) -> None:
    beats = beat_set.load(prepared_recordings, [Path("mitdb/100.npz")])
    symbols = beats.records[0].symbols
    assert np.isin(symbols[symbols != "-"], ["N", "L", "R", "A", "V", "!", "/", "F"]).all()
    assert (symbols == "/").sum() >= 10
    assert (beats.allowed[symbols == "/"] == bits(PACED)).all()


def test_arrays_are_those_of_the_stream_and_a_strip_has_a_quarter_of_its_samples(
    prepared_recordings: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MITDB_DIR", str(recordings))
    entry = next(entry for entry in MITDB.entries() if entry.name == "100")
    expected = list(beats_of(MITDB.read(entry).recording))
    beats = beat_set.load(prepared_recordings, [Path("mitdb/100.npz")])
    assert len(beats) == len(expected)
    inputs = beats.inputs(np.array([20]))
    np.testing.assert_allclose(inputs["windows"][0], expected[20].windows, atol=2e-3)
    np.testing.assert_allclose(inputs["difference"][0], expected[20].difference, atol=2e-3)
    np.testing.assert_allclose(inputs["strip"][0], expected[20].strip.reshape(2, 216, 4).mean(axis=2), atol=2e-3)
    np.testing.assert_array_equal(inputs["intervals"][0], expected[20].intervals)
    np.testing.assert_array_equal(inputs["features"][0], expected[20].features)
    np.testing.assert_array_equal(inputs["arrival"][0], expected[20].block.arrival[expected[20].place])
    own = expected[20].block.conduction[expected[20].place]
    np.testing.assert_array_equal(inputs["conduction"][0], own)
    np.testing.assert_array_equal(inputs["leads"][0], expected[20].block.leads)


def test_leads_are_taken_in_the_order_that_is_wanted(prepared_recordings: Path) -> None:
    beats = beat_set.load(prepared_recordings, [Path("mitdb/100.npz"), Path("mitdb/101.npz")])
    places = np.array([3, len(beats) - 1])
    both, swapped = beats.inputs(places), beats.inputs(places, np.array([[1, 0], [1, 0]]))
    np.testing.assert_array_equal(both["windows"][:, ::-1], swapped["windows"])


def test_no_prepared_recordings_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(beat_set.NothingPreparedError, match="recordings prepare"):
        beat_set.load(tmp_path, beat_set.stored(tmp_path))


def test_what_is_stored_is_not_made_again(
    prepared_recordings: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MITDB_DIR", str(recordings))
    before = {path: (prepared_recordings / path).stat().st_mtime_ns for path in beat_set.stored(prepared_recordings)}
    made = [preparation.prepare(task, prepared_recordings) for task in preparation.tasks([MITDB])]
    assert not any(made)
    assert before == {path: (prepared_recordings / path).stat().st_mtime_ns for path in before}


def test_a_recording_without_beats_is_said_so(tmp_path: Path) -> None:
    header = tiny_records.write_record(
        tmp_path, "100", np.zeros((7200, 2)), ["MLII", "V1"], 360, marks={"atr": [(9, "N", "")]}
    )
    entry = Entry("mitdb", "100", "mitdb-100", header)
    with pytest.raises(preparation.NoBeatsError, match="100"):
        preparation.prepare(preparation.Task(entry), tmp_path / "out")
