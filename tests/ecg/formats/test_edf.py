"""EDF and BDF beside the ``edfio`` package, and the gaps of EDF+D."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pytest

from ecg.formats import open_recording
from ecg.recording import Gap
from tests.ecg.formats import made


@pytest.mark.parametrize("bdf", [False, True])
def test_what_edfio_writes_is_read_as_edfio_reads_it(bdf: bool, tmp_path: Path) -> None:
    kind: Any = edfio.BdfSignal if bdf else edfio.EdfSignal
    signals: list[Any] = [
        kind(made.beats(20, rate) * 1000, rate, label=label, physical_dimension="uV", physical_range=(-2345.6, 3456.7))
        for label, rate in (("ECG II", 500), ("ECG V1", 250), ("Resp", 25))
    ]
    file = edfio.Bdf(signals) if bdf else edfio.Edf(signals, annotations=[edfio.EdfAnnotation(3.5, None, "walking")])
    data = file.to_bytes()
    theirs = (edfio.read_bdf if bdf else edfio.read_edf)(io.BytesIO(data)).signals
    recording = open_recording({"a": data})
    assert (recording.leads, recording.rate, recording.samples) == (("II", "V1"), 500.0, 10_000)
    step = 5802.3 / (2**24 if bdf else 2**16) / 1000
    np.testing.assert_allclose(recording.lead("II"), theirs[0].data / 1000, atol=2e-6)
    np.testing.assert_allclose(recording.lead("V1")[::2], theirs[1].data / 1000, atol=step + 2e-6)
    if not bdf:
        assert recording.annotations.samples.tolist() == [1750]
        assert recording.annotations.notes.tolist() == ["walking"]


@pytest.mark.parametrize("rate", [250, 100])
def test_gaps_may_lie_anywhere_between_samples(rate: int) -> None:
    onsets = [0.25, 1.25, 2.2501, 5.0, 6.0, 86_400.123, 86_401.123]
    data = made.edf(
        made.digital(2, seconds=7, rate=rate, gain=6553.5), kind="EDF+D", onsets=onsets, rate=rate, texts=["on"]
    )
    recording = open_recording({"a": data})
    second = round(4.75 * rate), round((86_400.123 - 0.25) * rate)
    assert recording.gaps == (Gap(3 * rate, second[0]), Gap(second[0] + 2 * rate, second[1]))
    assert recording.samples == second[1] + 2 * rate
    assert np.isnan(recording.read(second[1] - 5, second[1])).all()
    assert not np.isnan(recording.read(second[1], second[1] + 5)).any()
    assert recording.annotations.samples.tolist() == [0]
    assert recording.start == datetime(2024, 2, 1, 10, 20, 30)


def test_a_recording_in_one_long_record_is_read_by_parts() -> None:
    rows = made.digital(2, seconds=400, gain=6553.5)
    whole, usual = made.edf(rows, rate=100_000, duration=400), made.edf(rows)
    recording = open_recording({"a": whole})
    assert recording.rate == 250.0
    np.testing.assert_array_equal(recording.read(), open_recording({"a": usual}).read())
    np.testing.assert_array_equal(recording.read(12_345, 12_350), recording.read()[:, 12_345:12_350])


def test_a_stretch_costs_what_it_is_long_however_many_gaps() -> None:
    count = 3000
    data = made.edf(
        made.digital(1, seconds=count, rate=25, gain=6553.5),
        kind="EDF+D",
        onsets=[2.0 * at for at in range(count)],
        rate=25,
    )
    recording = open_recording({"a": data})
    assert len(recording.gaps) == count - 1
    assert recording.read(2 * 25 * 1500, 2 * 25 * 1500 + 50).shape == (1, 50)
