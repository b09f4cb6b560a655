"""A recording in one process: the same whatever it is cut into."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.recording import Recording
from ecg.signal.resampling import RateError
from inference_server.classification.recordings import EpisodeKind, RecordingAnalysis
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings import pieces
from inference_server.recordings.analysis import analyse
from tests.inference_server.recordings import tiny_model

RATE = 250.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> RecordingModel:
    return RecordingModel.load(tiny_model.write(tmp_path_factory.mktemp("models") / "1"))


def beats(
    seconds: float, rate: float = RATE, *, every: float = 0.8, early: int = 11
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A lead in millivolts, and when its beats come: every ``early``-th one early, and higher."""
    times, time, number = [], 0.6, 0
    while time < seconds - 0.6:
        times.append(time)
        number += 1
        time += every * (0.6 if number % early == 0 else 1.4 if number % early == 1 and number > 1 else 1.0)
    clock = np.arange(round(seconds * rate)) / rate
    lead = 0.01 * np.random.default_rng(1).standard_normal(len(clock))
    for place, peak in enumerate(times):
        high = 1.6 if place and place % early == 0 else 1.0
        near = slice(max(0, round((peak - 0.5) * rate)), round((peak + 0.5) * rate))
        from_peak = clock[near] - peak
        lead[near] += high * np.exp(-((from_peak / 0.012) ** 2) / 2) - 0.15 * np.exp(
            -(((from_peak - 0.03) / 0.01) ** 2) / 2
        )
        lead[near] += 0.12 * np.exp(-(((from_peak + 0.16) / 0.022) ** 2) / 2) + 0.25 * np.exp(
            -(((from_peak - 0.22) / 0.04) ** 2) / 2
        )
    return lead.astype(np.float32), np.array(times)


def recording(seconds: float, rate: float = RATE, leads: int = 2) -> Recording:
    lead, _ = beats(seconds, rate)
    values = np.stack([lead * (1 - 0.2 * place) for place in range(leads)])
    return Recording.of_array(values, leads=tuple(f"L{place}" for place in range(leads)), rate=rate)


def equal(one: RecordingAnalysis, other: RecordingAnalysis) -> bool:
    """Whether two analyses are the same to the last bit."""
    same = all(
        np.array_equal(getattr(one.beats, field.name), getattr(other.beats, field.name)) for field in fields(one.beats)
    )
    families = [(family.early, family.typical, family.members.tolist()) for family in one.families]
    return (
        same
        and families == [(family.early, family.typical, family.members.tolist()) for family in other.families]
        and np.array_equal(one.faults, other.faults)
        and one.episodes == other.episodes
        and one.measures == other.measures
    )


def test_every_beat_is_found_where_it_is_and_told_from_early_ones(model: RecordingModel) -> None:
    seconds = 120.0
    _, times = beats(seconds)
    said = analyse(recording(seconds), model)
    assert len(said.beats) == len(times)
    assert np.abs(said.beats.samples / RATE - times).max() < 0.01
    assert said.beats.probabilities.shape == (len(times), len(tiny_model.CLASSES))
    assert said.measures.heart_rate.mean == pytest.approx(75, abs=2)
    assert len(said.families) == 2
    assert not said.families[0].early
    assert said.families[1].early
    assert len(said.families[1].members) == len(times) // 11
    assert sum(said.counts().values()) == len(times)


def test_the_pieces_make_no_difference(model: RecordingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which member of a family is the least typical one may differ: a piece knows its own beats only."""
    whole = analyse(recording(1500.0), model)
    monkeypatch.setattr(pieces, "MOST_BLOCKS", 11)
    monkeypatch.setattr(pieces, "LEAST_BLOCKS", 11)
    done: list[float] = []
    cut = analyse(recording(1500.0), model, progress=done.append)
    assert len(done) == 5
    assert done[-1] == 1
    assert equal(whole, replace(cut, families=whole.families))
    assert [set(family.members.tolist()) for family in cut.families] == [
        set(family.members.tolist()) for family in whole.families
    ]


@pytest.mark.parametrize(("rate", "leads"), [(100.0, 1), (128.0, 3), (500.0, 12), (2000.0, 2)])
def test_any_rate_and_number_of_leads(model: RecordingModel, rate: float, leads: int) -> None:
    said = analyse(recording(40.0, rate, leads), model)
    _, times = beats(40.0, rate)
    assert len(said.beats) == len(times)
    assert np.abs(said.beats.samples / rate - times).max() < 0.02
    assert said.faults.shape == (leads, 40)


def test_nothing_is_said_of_a_gap(model: RecordingModel) -> None:
    whole = recording(90.0)
    values = whole.read().copy()
    values[:, round(30 * RATE) : round(50 * RATE)] = np.nan
    said = analyse(Recording.of_array(values, leads=whole.leads, rate=RATE), model)
    times = said.beats.samples / RATE
    assert not ((times > 30.1) & (times < 49.9)).any()
    assert not [episode for episode in said.episodes if episode.kind is EpisodeKind.PAUSE]
    assert said.measures.analysable_seconds <= 71


def test_a_flat_and_an_empty_recording_are_answered(model: RecordingModel) -> None:
    flat = Recording.of_array(np.zeros((1, 5000), np.float32), leads=("II",), rate=RATE)
    said = analyse(flat, model)
    assert len(said.beats) == 0
    assert said.families == ()
    assert said.measures.analysable_seconds == 0
    nothing = Recording.of_array(np.zeros((1, 0), np.float32), leads=("II",), rate=RATE)
    assert len(analyse(nothing, model).beats) == 0


def test_a_rate_outside_of_what_is_analysed_is_refused(model: RecordingModel) -> None:
    with pytest.raises(RateError, match="50"):
        analyse(recording(10.0, 50.0), model)


def test_measures_call_classes_by_their_kinds(model: RecordingModel) -> None:
    said = analyse(recording(120.0), model)
    early = said.beats.classes == tiny_model.CLASSES.index("PVC")
    assert said.measures.ventricular.beats == early.sum()
