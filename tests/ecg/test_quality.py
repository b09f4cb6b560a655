"""Seconds of made signals, disturbed in known ways."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.faults import Fault
from ecg.peaks.stream import peaks
from ecg.quality import Quality, quality
from ecg.recording import Recording
from tests.ecg.signal.synthetic import noise, regular, signal_of

SECONDS = 90
BEATS = regular(SECONDS)
#: Seconds that are disturbed, within the middle block.
BAD = slice(40, 48)
SAMPLES = slice(BAD.start * 360, BAD.stop * 360)


def clean() -> np.ndarray:
    return signal_of(BEATS, SECONDS) + noise(SECONDS * 360, 0.008)


def judged(values: np.ndarray) -> Quality:
    recording = Recording.of_array(np.atleast_2d(values), leads=("II",), rate=360)
    parts = [quality(block.evidence) for block in peaks(recording)]
    return Quality(
        np.concatenate([part.faults for part in parts], axis=1), np.concatenate([part.noise for part in parts], axis=1)
    )


def seconds_with(fault: Fault, found: Quality) -> np.ndarray:
    return np.flatnonzero(found.faults[0] & fault)


def test_clean_beats_have_no_fault() -> None:
    found = judged(clean())
    assert not found.faults.any()
    assert found.readable.all()
    assert found.noise.max() < 0.15


def disturbed(how: str) -> np.ndarray:
    values = clean()
    beats, times = values[SAMPLES].copy(), np.arange(SAMPLES.start, SAMPLES.stop) / 360
    values[SAMPLES] = {
        "flat": np.full(len(beats), 0.3),
        "saturated": np.minimum(beats + 4.2 + 0.8 * np.sin(2 * np.pi * times), 4.5),
        "muscle": beats + noise(len(beats), 0.3),
        "motion": beats + 4 * np.convolve(noise(len(beats) + 20, 0.5), np.ones(21) / 21, "valid"),
        "baseline": beats + 1.5 * np.sin(2 * np.pi * 0.4 * times),
        "mains50": beats + 0.15 * np.sin(2 * np.pi * 50 * times),
        "mains60": beats + 0.15 * np.sin(2 * np.pi * 60.2 * times),
        "missing": np.full(len(beats), np.nan),
    }[how]
    return values


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ("flat", Fault.FLAT),
        ("muscle", Fault.NOISE),
        ("motion", Fault.NOISE),
        ("baseline", Fault.BASELINE),
        ("mains50", Fault.MAINS),
        ("mains60", Fault.MAINS),
        ("missing", Fault.MISSING),
    ],
)
def test_each_disturbance_is_named_where_it_is(how: str, fault: Fault) -> None:
    marked = seconds_with(fault, judged(disturbed(how)))
    assert set(range(BAD.start + 1, BAD.stop - 1)) <= set(marked)
    assert set(marked) <= set(range(BAD.start - 1, BAD.stop + 1))


def test_a_lead_at_its_end_in_every_second_is_saturated() -> None:
    marked = seconds_with(Fault.SATURATED, judged(disturbed("saturated")))
    assert marked.tolist() == list(range(BAD.start, BAD.stop))


@pytest.mark.parametrize("how", ["baseline", "mains50"])
def test_wander_and_mains_alone_leave_a_lead_readable(how: str) -> None:
    assert judged(disturbed(how)).readable.all()


def test_what_is_missing_is_only_that() -> None:
    found = judged(disturbed("missing"))
    assert (found.faults[0, BAD] == Fault.MISSING).all()


def test_the_more_noise_the_more_is_measured() -> None:
    levels = [judged(clean() + noise(SECONDS * 360, sigma, 5)).noise.mean() for sigma in (0.01, 0.1, 0.3)]
    assert levels == sorted(levels)


def test_noise_alone_is_no_heart() -> None:
    assert not judged(noise(SECONDS * 360, 0.2)).readable.any()
