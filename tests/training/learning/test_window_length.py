"""Networks that estimate how many seconds a trace shows: fitted, measured, stored and read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecg.pictures.ink import window_length as reader
from training.databases import people
from training.datasets.window_lengths import Windows
from training.learning import window_length


@pytest.fixture(scope="module")
def windows() -> Windows:
    """Triangles whose width is the longer the shorter their window is."""
    generator = np.random.default_rng(0)
    seconds = generator.uniform(0.4, 1.2, 600)
    places = np.abs(np.linspace(-1, 1, 64))
    heights = np.maximum(1 - places * seconds[:, None] / 0.3, 0) - 0.5
    inputs = np.concatenate([heights, np.zeros((600, 1))], axis=1).astype(np.float32)
    groups = np.array([f"mitdb-{number % 40}" for number in range(600)])
    return Windows(inputs, seconds, np.array(["N", "N", "V"] * 200), groups)


def test_lengths_are_learned_and_the_stored_networks_say_the_same(
    windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = window_length.fit(windows)
    table = window_length.measured(networks, windows)
    assert table["windows"].sum() == 600
    assert (table["median_off"] < 0.1).all()
    assert table["called_long"].iloc[0] == 0
    assert table["called_long"].iloc[-1] == 1

    window_length.save(networks, tmp_path / "weights.npz")
    monkeypatch.setattr(reader, "WEIGHTS", tmp_path / "weights.npz")
    monkeypatch.setattr(reader, "inputs_of", lambda *_trace: windows.inputs[0].astype(np.float64))
    reader._layers.cache_clear()
    try:
        estimated = reader.seconds_of(np.arange(2.0), np.arange(2.0), 0.0)
    finally:
        reader._layers.cache_clear()
    logarithm = np.mean([network.predict(windows.inputs[:1])[0] for network in networks])
    assert estimated == pytest.approx(reader.CLASSIC_SECONDS * np.exp(logarithm), rel=0.01)


def test_nobody_is_learned_from_and_measured_on(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "fold_of", lambda group, _stored: 0 if group.endswith("1") else 3)
    known, unknown = window_length.divided(windows)
    assert {group[-1] for group in unknown.groups.tolist()} == {"1"}
    assert "1" not in {group[-1] for group in known.groups.tolist()}
    assert len(known.seconds) + len(unknown.seconds) == 600
