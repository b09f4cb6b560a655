"""Windows of recordings, as a reader without a scale sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from training.databases.marked import mitdb
from training.datasets import window_lengths
from training.datasets.window_lengths import Windows


def test_a_recording_gives_windows_of_many_lengths_and_the_same_each_time(recordings: Path) -> None:
    recording = mitdb.read_recording(recordings, "101")
    windows, again = window_lengths.of_recording(recording), window_lengths.of_recording(recording)
    assert windows is not None
    assert again is not None
    assert windows.inputs.shape == (len(windows.seconds), 65)
    assert np.ptp(windows.seconds) > 0.3
    assert set(windows.symbols.tolist()) <= set(recording.symbols.tolist())
    assert set(windows.groups.tolist()) == {recording.group}
    assert (windows.inputs == again.inputs).all()


def test_a_recording_without_beats_or_without_leads_that_look_alike_gives_none(recordings: Path) -> None:
    recording = mitdb.read_recording(recordings, "101")
    assert window_lengths.of_recording(recording.marking(np.zeros(0, dtype=np.int64))) is None
    other = replace(recording, leads=tuple("V1" for _ in recording.leads))
    assert window_lengths.of_recording(other) is None


def test_windows_are_joined_in_order(recordings: Path) -> None:
    windows = window_lengths.of_recording(mitdb.read_recording(recordings, "101"))
    assert windows is not None
    joined = Windows.joined([windows, windows])
    assert (joined.seconds == np.tile(windows.seconds, 2)).all()
    assert (joined.only(joined.seconds > 0.7).seconds > 0.7).all()
