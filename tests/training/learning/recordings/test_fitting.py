"""Sampling, fitting and asking on a small copy of MIT-BIH."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ecg.features.conduction import CONDUCTION, OF_LEADS
from ecg.features.stream import FEATURES
from training.datasets.recordings import beat_set, divisions
from training.datasets.recordings.beat_set import BeatSet
from training.learning.recordings import runs
from training.learning.recordings.fitting import Fit, fit, logits_of, missed, with_leads_lost
from training.learning.recordings.sampling import Sampler, disturbed, hardness

#: Somebody of the small copy is asked about in it.
FOLD = 0


@pytest.fixture(scope="module")
def beats(prepared_recordings: Path) -> BeatSet:
    return beat_set.load(prepared_recordings, beat_set.stored(prepared_recordings))


def test_a_batch_has_beats_of_every_label_that_there_is(beats: BeatSet) -> None:
    batch = Sampler(beats, np.ones(len(beats.records), np.bool_), np.random.default_rng(0), 0.5).batch(256)
    labels = {tuple(row) for row in batch.allowed.astype(int).tolist()}
    assert {(1, 0, 0, 0, 0, 0), (0, 0, 0, 1, 0, 0), (0, 0, 0, 0, 0, 1)} <= labels
    assert all(len(values) == 256 for values in batch.inputs.values())


def test_beats_of_others_are_never_drawn(beats: BeatSet) -> None:
    chosen = np.array([record.record == "101" for record in beats.records])
    own = {row.tobytes() for row in beats.numbers["features"][chosen[beats.record_of]]}
    sampler = Sampler(beats, chosen, np.random.default_rng(0), 0.5)
    drawn = np.concatenate([pool for pool, _ in sampler._pools])
    assert {row.tobytes() for row in beats.numbers["features"][drawn]} <= own


def test_disturbing_keeps_shapes_and_what_is_unknown(beats: BeatSet) -> None:
    inputs = beats.inputs(np.arange(40))
    inputs["windows"][0] = np.nan
    result = disturbed(inputs, np.random.default_rng(1))
    assert {name: values.shape for name, values in result.items()} == {
        name: values.shape for name, values in inputs.items()
    }
    assert np.isnan(result["windows"][0]).all()


def test_a_label_of_several_classes_asks_for_their_sum() -> None:
    logits = np.log(np.array([[0.2, 0.3, 0.1, 0.1, 0.2, 0.1]], np.float32))
    both = missed(tf.constant(logits), tf.constant([[1.0, 1.0, 0, 0, 0, 0]]))
    np.testing.assert_allclose(np.asarray(both), -np.log(0.5), rtol=1e-5)


def test_a_network_learns_and_says_something_of_every_beat(beats: BeatSet) -> None:
    losses: list[float] = []
    model = fit(
        beats,
        np.ones(len(beats.records), np.bool_),
        Fit(steps=200, batch=32, learning_rate=3e-3),
        lambda _, loss: losses.append(loss),
    )
    assert losses[-1] < losses[0]
    assert logits_of(model, beats, 0).shape == (beats.begins[1], 6)


def test_a_run_is_stored_once(beats: BeatSet, tmp_path: Path) -> None:
    settings = Fit(steps=1, batch=8)
    runs.run(beats, divisions.FOLDS[FOLD], settings, tmp_path, lambda *_: None)
    said = runs.said(tmp_path, (divisions.FOLDS[FOLD],))
    asked = divisions.tests(beats.records, divisions.FOLDS[FOLD])
    assert set(said) == {runs.key(record) for record, own in zip(beats.records, asked, strict=True) if own}
    before = (tmp_path / divisions.FOLDS[FOLD] / "network-0.keras").stat().st_mtime_ns
    runs.run(beats, divisions.FOLDS[FOLD], settings, tmp_path, lambda *_: None)
    assert (tmp_path / divisions.FOLDS[FOLD] / "network-0.keras").stat().st_mtime_ns == before
    assert runs.settings_of(tmp_path, divisions.FOLDS[FOLD])[0]["steps"] == 1


def test_what_was_not_trained_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(beat_set.NothingPreparedError, match="recordings train"):
        runs.said(tmp_path, (divisions.DS2,))


def test_conducted_beats_that_come_early_or_look_otherwise_are_drawn_more_often_than_they_are() -> None:
    features = np.full((4, len(FEATURES)), 1.0, np.float32)
    features[1, list(FEATURES).index("before_to_usual")] = 0.7
    features[2, list(FEATURES).index("correlation_mean")] = 0.5
    features[3] = np.nan
    assert hardness(features).tolist() == [0, 1, 2, 2]


def test_leads_are_lost_as_a_whole_and_most_beats_keep_all() -> None:
    numbers = np.ones((2000, len(CONDUCTION)), np.float32)
    lost = np.isnan(with_leads_lost(numbers, np.random.default_rng(0)))
    assert np.isfinite(numbers).all(), "what was given stays"
    for columns in OF_LEADS:
        assert (lost[:, columns].all(axis=1) == lost[:, columns].any(axis=1)).all()
    assert 0.6 < (~lost.any(axis=1)).mean() < 0.8
    assert not lost[:, 0].any(), "how long QRS complexes last is no lead's"


def test_how_much_of_the_rhythm_is_known_differs_by_chance(beats: BeatSet) -> None:
    inputs = beats.inputs(np.full(400, 30))
    inputs["intervals"][:] = 0.8
    known = np.isfinite(disturbed(inputs, np.random.default_rng(0))["intervals"])
    assert known[:, 46:50].mean() > 0.95, "the nearest ones are there"
    assert 0.3 < known[:, 0].mean() < 0.8
