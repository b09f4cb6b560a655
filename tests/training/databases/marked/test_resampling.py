"""Signals at the common rate, as the first prepared data had them to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import wfdb
from scipy.signal import resample_poly

from ecg.recording import Recording
from tests.training.databases.tiny_records import heartbeats, write_record
from training.databases import wfdb_files
from training.databases.database import RecordsError
from training.databases.marked.resampling import resampled


@pytest.mark.parametrize("gain", [1000.0, 200.0, 49.0, 204.8, 142.045])
def test_millivolts_are_those_of_the_wfdb_package_filtered_in_double_precision(tmp_path: Path, gain: float) -> None:
    signal = heartbeats([200, 450], 1250, 2, rate=250)
    header = write_record(tmp_path, "a", signal, ("I", "II"), 250, stated_gain=gain)
    expected = resample_poly(wfdb.rdrecord(str(tmp_path / "a")).p_signal[:, ::-1], 360, 250, axis=0).astype(np.float32)
    assert np.array_equal(resampled(wfdb_files.open_record(header), ("II", "I")), expected)


def test_what_was_not_recorded_is_zero() -> None:
    values = np.ones((1, 1000))
    values[0, 500:] = np.nan
    values_at_360 = resampled(Recording.of_array(values, leads=("I",), rate=500), ("I",))
    assert values_at_360.shape == (720, 1)
    assert np.isfinite(values_at_360).all()
    assert abs(values_at_360[600, 0]) < 1e-6


def test_a_lead_that_is_not_there_is_named() -> None:
    with pytest.raises(RecordsError, match="no V1"):
        resampled(Recording.of_array(np.ones((1, 1000)), leads=("I",), rate=500), ("I", "V1"))
    with pytest.raises(RecordsError, match="whole number"):
        resampled(Recording.of_array(np.ones((1, 1000)), leads=("I",), rate=256.4), ("I",))
