"""Tiles hold the recording's own values at every zoom, gaps included, and all of them together hold everything."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg import store
from ecg.digital import MISSING, Digital, Scale
from ecg.recording import no_annotations
from ecg.store import StoreSignal
from webportal.recordings.viewing import signal_tiles
from webportal.recordings.viewing.signal_tiles import TILE, ZOOMS

SCALES = (Scale(0.005, 0.1), Scale(-0.002))


def stored(folder: Path, samples: int, *, wide: bool = False) -> tuple[StoreSignal, Digital]:
    """Two leads with a gap in the first, the second recorded upside down; spikes of single samples."""
    values = np.random.default_rng(3).integers(-300, 300, (2, samples)).astype(np.int32)
    values[0, samples // 3] = 40_000 if wide else 9_000
    values[1, samples // 2] = -9_000
    values[0, samples // 4 : samples // 4 + 700] = MISSING
    with store.StoreWriter(folder, leads=("II", "V1"), scales=SCALES, rate=360.0, samples=samples) as writer:
        for begin in range(0, samples, store.BLOCK):
            writer.add(values[:, begin : begin + store.BLOCK])
        writer.finish(start=None, gaps=(), warnings=(), annotations=no_annotations())
    return store.open_store(folder).signal, values


def read(data: bytes) -> tuple[int, int, NDArray[np.int64]]:
    """Factor, first sample and ``[leads, buckets, 1 or 2]`` of a tile, as they lie there."""
    magic, leads, factor, buckets, begin, width, sides = struct.unpack_from("<4sIIIdII", data)
    assert magic == b"BLS1"
    scales = np.frombuffer(data, "<f8", 2 * leads, 32).reshape(leads, 2)
    assert scales.tolist() == [[scale.step, scale.offset] for scale in SCALES]
    values = np.frombuffer(data, f"<i{width}", offset=32 + 16 * leads).astype(np.int64)
    values[values == np.iinfo(f"<i{width}").min] = MISSING
    return factor, int(begin), values.reshape(leads, buckets, sides)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("factor", ZOOMS)
def test_each_bucket_has_its_extremes(factor: int, wide: bool, tmp_path: Path) -> None:
    samples = 300_001
    signal, values = stored(tmp_path, samples, wide=wide)
    end = 0
    for number in range(signal_tiles.tiles_of(samples, factor)):
        found, begin, buckets = read(signal_tiles.tile(signal, factor, number))
        assert (found, begin) == (factor, end)
        end = begin + buckets.shape[1] * factor
        places = np.random.default_rng(number).choice(buckets.shape[1], min(60, buckets.shape[1]), replace=False)
        for place in (0, *places.tolist(), buckets.shape[1] - 1):
            part = values[:, begin + place * factor : begin + (place + 1) * factor].astype(np.int64)
            for lead in range(2):
                present = part[lead][part[lead] != MISSING]
                least, most = (present.min(), present.max()) if present.size else (MISSING, MISSING)
                assert buckets[lead, place, 0] == least
                assert buckets[lead, place, -1] == most
    assert samples <= end < samples + factor


def test_no_spike_is_lost_at_any_zoom(tmp_path: Path) -> None:
    signal, _ = stored(tmp_path, 300_001)
    for factor in ZOOMS:
        tiles = [
            read(signal_tiles.tile(signal, factor, number))[2]
            for number in range(signal_tiles.tiles_of(300_001, factor))
        ]
        assert max(tile[0].max() for tile in tiles) == 9_000
        assert min(tile[1][tile[1] != MISSING].min() for tile in tiles) == -9_000


@pytest.mark.parametrize(("factor", "number"), [(1, 37), (1, -1), (2, 0), (0, 0), (65_536, 1), (5, 0)])
def test_what_there_is_not_is_refused(factor: int, number: int, tmp_path: Path) -> None:
    signal, _ = stored(tmp_path, 300_001)
    with pytest.raises(ValueError, match="There is no tile"):
        signal_tiles.tile(signal, factor, number)


def test_a_tile_is_small(tmp_path: Path) -> None:
    signal, _ = stored(tmp_path, 300_001)
    assert len(signal_tiles.tile(signal, 1, 0)) == 32 + 2 * 16 + 2 * TILE * 2


def test_a_leads_reach_is_where_it_moves(tmp_path: Path) -> None:
    signal, _ = stored(tmp_path, 300_001)
    first, second = signal_tiles.reaches(signal)
    assert (first.baseline, second.baseline) == pytest.approx((0.1, 0.0), abs=0.03)
    assert (first.low, first.high) == pytest.approx((-1.4, 1.6), abs=0.05)
    assert (second.low, second.high) == pytest.approx((-0.6, 0.6), abs=0.05)


def test_a_lead_without_samples_needs_no_room(tmp_path: Path) -> None:
    values = np.full((1, 5000), MISSING, np.int32)
    with store.StoreWriter(tmp_path, leads=("II",), scales=SCALES[:1], rate=360.0, samples=5000) as writer:
        writer.add(values)
        writer.finish(start=None, gaps=(), warnings=(), annotations=no_annotations())
    assert signal_tiles.reaches(store.open_store(tmp_path).signal) == (signal_tiles.Reach(0.0, 0.0, 0.0),)
