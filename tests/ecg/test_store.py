"""The house's own form of a recording: exact, bounded, and damage found."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg import store
from ecg.digital import MISSING, Digital, Scale, to_millivolts
from ecg.recording import Annotations, Gap, Recording, RecordingWarning, no_annotations
from ecg.recording_errors import RecordingError


@dataclass(frozen=True)
class Made:
    """A digital signal out of nothing, for any length."""

    samples: int
    scales: tuple[Scale, ...] = (Scale(0.005), Scale(-0.0025, 0.3))
    top: int = 2000

    def read_digital(self, begin: int, end: int) -> Digital:
        at = np.arange(begin, end, dtype=np.int64)
        rows = np.array([(at * (7 + lead) + at**2 % 31) % self.top - self.top // 2 for lead in range(len(self.scales))])
        rows[0, at % 1000 < 10] = MISSING
        rows[:, (at // 5000) % 7 == 3] = MISSING
        return rows.astype(np.int32)

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        return to_millivolts(self.read_digital(begin, end), self.scales)


def stored(signal: Made, folder: Path) -> store.StoredRecording:
    recording = Recording(
        ("II", "V1"),
        250.0,
        signal,
        start=datetime(2024, 2, 1, 10, 20, 30, tzinfo=UTC),
        gaps=(Gap(15_000, 20_000),),
        annotations=Annotations(np.array([3, 9]), np.array(["N", "+"]), np.array(["", "(AFIB"])),
        warnings=(RecordingWarning("RECORDING_GAPS", "One gap.", "II"),),
    )
    store.write(recording, folder, kind="EDF")
    return store.open_store(folder, verify=True)


@pytest.mark.parametrize("samples", [1, 15, 1000, store.BLOCK, store.BLOCK + 1, 3 * store.BLOCK - 5])
@pytest.mark.parametrize(("top", "dtype"), [(2000, "int16"), (3_000_000, "int32")])
def test_samples_come_back_exactly(samples: int, top: int, dtype: str, tmp_path: Path) -> None:
    signal = Made(samples, top=top)
    again = stored(signal, tmp_path).signal
    if samples > 1000:
        assert again.dtype.name == dtype
    for begin, end in ((0, samples), (samples // 3, samples), (samples // 2, samples // 2 + 1), (samples, samples)):
        np.testing.assert_array_equal(again.read_digital(begin, end), signal.read_digital(begin, end))
        np.testing.assert_array_equal(again.read(begin, end), signal.read(begin, end))


def test_numbers_that_grow_too_large_later_widen_what_was_written(tmp_path: Path) -> None:
    samples = 2 * store.BLOCK + 10
    values = Made(samples).read_digital(0, samples)
    values[1, -1] = -40_000
    with store.StoreWriter(
        tmp_path, leads=("a", "b"), scales=(Scale(1), Scale(1)), rate=1.0, samples=samples
    ) as writer:
        for begin in range(0, samples, store.BLOCK):
            writer.add(values[:, begin : begin + store.BLOCK])
        writer.finish(start=None, gaps=(), warnings=(), annotations=no_annotations())
    again = store.open_store(tmp_path, verify=True).signal
    np.testing.assert_array_equal(again.read_digital(0, samples), values)
    drawn = again.extremes(0, samples, 100)
    assert drawn.low[1, -1] == -40_000


def test_everything_else_comes_back(tmp_path: Path) -> None:
    again = stored(Made(30_000), tmp_path)
    recording = again.recording
    assert (recording.leads, recording.rate, again.kind) == (("II", "V1"), 250.0, "EDF")
    assert recording.start == datetime(2024, 2, 1, 10, 20, 30, tzinfo=UTC)
    assert recording.gaps == (Gap(15_000, 20_000),)
    assert recording.warnings == (RecordingWarning("RECORDING_GAPS", "One gap.", "II"),)
    assert recording.annotations.samples.tolist() == [3, 9]
    assert recording.annotations.notes.tolist() == ["", "(AFIB"]


@pytest.mark.parametrize("least", [1, 7, 100, 1000, 5000, 40_000])
@pytest.mark.parametrize(("begin", "end"), [(0, 200_000), (12_345, 23_456), (150_000, 200_000), (15_500, 15_600)])
def test_a_viewer_loses_no_spike_at_any_zoom(least: int, begin: int, end: int, tmp_path: Path) -> None:
    signal = Made(200_000)
    drawn = stored(signal, tmp_path).signal.extremes(begin, end, least)
    assert drawn.begin <= begin < drawn.begin + drawn.factor
    stop = drawn.begin + drawn.factor * drawn.low.shape[1]
    assert end <= stop < end + drawn.factor
    assert drawn.factor == 1 or (end - begin) / drawn.factor >= least
    values = signal.read(drawn.begin, min(stop, 200_000))
    for bucket in range(0, drawn.low.shape[1], max(1, drawn.low.shape[1] // 50)):
        part = values[:, bucket * drawn.factor : (bucket + 1) * drawn.factor]
        for lead in range(2):
            present = part[lead][~np.isnan(part[lead])]
            expected = (present.min(), present.max()) if present.size else (np.nan, np.nan)
            np.testing.assert_array_equal((drawn.low[lead, bucket], drawn.high[lead, bucket]), expected)


def test_float_samples_are_kept_to_a_billionth_of_their_range(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(0, 1, (1, 5000))
    values[0, 7] = np.nan
    recording = Recording.of_array(values, leads=("II",), rate=250.0)
    store.write(recording, tmp_path)
    np.testing.assert_allclose(store.open_store(tmp_path).recording.read(), recording.read(), atol=1e-8, equal_nan=True)


def test_two_weeks_of_three_leads_are_written_and_read_in_bounded_memory(tmp_path: Path) -> None:
    samples = 14 * 86_400 * 2  # two weeks at 2 Hz: as many blocks as a day at 28 Hz; memory is a matter of blocks
    signal = Made(samples, scales=(Scale(0.005),) * 3)
    recording = Recording(("I", "II", "III"), 2.0, signal)
    tracemalloc.start()
    store.write(recording, tmp_path)
    again = store.open_store(tmp_path)
    again.signal.extremes(0, samples, 2000)
    again.recording.read(samples // 2, samples // 2 + 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 1024**2


@pytest.mark.parametrize("name", ["signal.bin", "pyramid.bin", "annotations.json"])
def test_a_changed_byte_is_found(name: str, tmp_path: Path) -> None:
    stored(Made(100_000), tmp_path)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RecordingError) as refused:
        store.open_store(tmp_path, verify=True)
    assert refused.value.reason == "RECORDING_STORE_DAMAGED"


@pytest.mark.parametrize("change", ["missing", "cut", "format", "edited", "shorter"])
def test_a_store_that_is_not_whole_is_not_opened(change: str, tmp_path: Path) -> None:
    stored(Made(1000), tmp_path)
    header = tmp_path / "recording.json"
    about = json.loads(header.read_text())
    if change == "missing":
        header.unlink()
    elif change == "cut":
        header.write_text(header.read_text()[:-5])
    elif change == "format":
        header.write_text(json.dumps(about | {"format": "beatlens-recording/9"}))
    elif change == "edited":
        header.write_text(json.dumps(about | {"rate": 500.0}))
    else:
        (tmp_path / "signal.bin").write_bytes(b"\0" * 10)
    with pytest.raises(RecordingError) as refused:
        store.open_store(tmp_path)
    assert refused.value.reason == "RECORDING_STORE_DAMAGED"


def test_blocks_must_fit(tmp_path: Path) -> None:
    with (
        store.StoreWriter(tmp_path, leads=("a",), scales=(Scale(1),), rate=1.0, samples=store.BLOCK + 5) as writer,
        pytest.raises(ValueError, match="block of 5"),
    ):
        writer.add(np.zeros((1, 5), np.int32))
