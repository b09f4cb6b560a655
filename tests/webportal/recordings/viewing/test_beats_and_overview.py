"""Beats by the hour and the overview say what the answer says, for recordings of any length."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inference_server.classification.recordings import RecordingAnalysis as Answer
from inference_server.exports.counting import counted
from webportal.recordings.viewing import beat_tiles, overview

HOUR = 3600 * 360


def repeated(said: Answer, times: int) -> Answer:
    """The same answer again and again: a recording ``times`` as long."""
    beats = said.beats
    columns = {name: np.concatenate([getattr(beats, name)] * times) for name in beats.__slots__}
    offsets = np.repeat(np.arange(times) * said.samples, len(beats))
    columns["samples"] = columns["samples"] + offsets
    faults = np.tile(said.faults, (1, times))
    return replace(said, beats=replace(beats, **columns), faults=faults, samples=said.samples * times)


def columns_of(data: bytes) -> tuple[int, dict[str, NDArray[np.int64]]]:
    magic, count, first, _ = struct.unpack_from("<4sIII", data)
    assert magic == b"BLB1"
    offset, columns = 16, {}
    for name, dtype in (
        ("samples", "<u4"),
        ("families", "<i2"),
        ("classes", "u1"),
        ("own", "u1"),
        ("probabilities", "u1"),
        ("flags", "u1"),
    ):
        columns[name] = np.frombuffer(data, dtype, count, offset).astype(np.int64)
        offset += count * np.dtype(dtype).itemsize
    assert offset == len(data)
    return first, columns


def test_hours_together_hold_every_beat(said: Answer) -> None:
    long = repeated(said, 30)  # two and a half hours
    assert beat_tiles.hours_of(long) == 3
    parts = [columns_of(beat_tiles.beats_of(long, hour)) for hour in range(3)]
    assert [first for first, _ in parts] == np.cumsum([0, *(len(part["samples"]) for _, part in parts)])[:-1].tolist()
    samples = np.concatenate([part["samples"] + hour * HOUR for hour, (_, part) in enumerate(parts)])
    np.testing.assert_array_equal(samples, long.beats.samples)
    np.testing.assert_array_equal(np.concatenate([part["classes"] for _, part in parts]), long.beats.classes)
    np.testing.assert_array_equal(np.concatenate([part["families"] for _, part in parts]), long.beats.families)
    certain = np.concatenate([part["flags"] for _, part in parts]) & beat_tiles.CERTAIN
    np.testing.assert_array_equal(certain.astype(bool), long.beats.confident)


def test_a_changed_class_is_told_beside_the_models_own(said: Answer) -> None:
    own = said.beats.classes.copy()
    own[5] = (own[5] + 1) % len(said.model.classes)
    judged = np.arange(len(own)) == 5
    _, part = columns_of(beat_tiles.beats_of(said, 0, own, judged))
    assert part["own"][5] == own[5]
    np.testing.assert_array_equal(part["classes"], said.beats.classes)
    np.testing.assert_array_equal((part["flags"] & beat_tiles.JUDGED).astype(bool), judged)


def test_probabilities_are_those_of_the_class(said: Answer) -> None:
    _, part = columns_of(beat_tiles.beats_of(said, 0))
    top = said.beats.probabilities[np.arange(len(said.beats)), said.beats.classes]
    np.testing.assert_allclose(part["probabilities"], 255 * top, atol=0.51)


def test_counts_tell_in_which_hour_a_kind_is(said: Answer) -> None:
    long = repeated(said, 30)
    counts = beat_tiles.hourly_counts(long)
    assert len(counts) == 3
    whole = np.bincount(long.beats.classes[counted(long)], minlength=len(said.model.classes))
    np.testing.assert_array_equal(np.sum(counts, axis=0), whole)


@pytest.mark.parametrize("hour", [-1, 1])
def test_there_are_no_other_hours(said: Answer, hour: int) -> None:
    with pytest.raises(ValueError, match="There is no hour"):
        beat_tiles.beats_of(said, hour)


def read(data: bytes) -> tuple[float, dict[str, NDArray[np.float64]]]:
    magic, count, width = struct.unpack_from("<4sId", data)
    assert magic == b"BLO1"
    offset, columns = 16, {}
    for names, dtype in (
        (("mean", "least", "greatest"), "<f4"),
        (("beats", "ventricular", "supraventricular"), "<u2"),
        (("readable", "recorded"), "u1"),
    ):
        for name in names:
            columns[name] = np.frombuffer(data, dtype, count, offset).astype(np.float64)
            offset += count * np.dtype(dtype).itemsize
    assert offset == len(data)
    return width, columns


def test_the_overview_agrees_with_the_measures(said: Answer) -> None:
    width, drawn = read(overview.overview(said))
    assert width == 5
    assert drawn["beats"].sum() == said.measures.beats
    assert drawn["ventricular"].sum() == said.measures.ventricular.beats
    assert drawn["supraventricular"].sum() == said.measures.supraventricular.beats
    rates = said.measures.heart_rate
    assert rates.greatest is not None
    assert rates.least is not None
    assert np.nanmax(drawn["greatest"]) == pytest.approx(rates.greatest.rate, rel=1e-3)
    assert np.nanmin(drawn["least"]) == pytest.approx(rates.least.rate, rel=1e-3)
    assert (drawn["recorded"] == 255).all()


def test_the_overview_of_days_has_no_more_stretches(said: Answer) -> None:
    width, drawn = read(overview.overview(repeated(said, 12 * 30)))  # 30 hours
    assert len(drawn["mean"]) <= overview.STRETCHES
    assert width * len(drawn["mean"]) >= 30 * 3600


def test_unreadable_and_missing_seconds_are_told(said: Answer) -> None:
    faults = said.faults.copy()
    faults[:, 100:110] |= 1
    faults[:, 150:155] |= 8
    _, drawn = read(overview.overview(replace(said, faults=faults)))
    assert (drawn["recorded"][20:22] == 0).all()
    assert (drawn["readable"][20:22] == 0).all()
    assert drawn["readable"][30] == 0
    assert drawn["recorded"][30] == 255


def test_an_answer_without_beats_has_an_overview(said: Answer) -> None:
    nothing = {name: getattr(said.beats, name)[:0] for name in said.beats.__slots__}
    width, drawn = read(overview.overview(replace(said, beats=replace(said.beats, **nothing))))
    assert width == 5
    assert np.isnan(drawn["mean"]).all()
    assert drawn["beats"].sum() == 0
