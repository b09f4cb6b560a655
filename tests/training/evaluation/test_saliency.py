"""The evidence that is shown is held against the evidence that is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.datasets.prepared_data import Dataset, DatasetError
from training.evaluation import saliency
from training.evaluation.served_model import Subject

ROOT = Path(__file__).resolve().parents[3]
NEWEST = max((ROOT / "models" / "arrhythmia").glob("[1-9]*"), key=lambda folder: int(folder.name))

#: Columns that the model below looks at.
SEEN = slice(60, 66)


def _pictures(count: int = 40) -> np.ndarray:
    """A flat line from column 12 to 86 with random bumps."""
    pixels = np.full((count, 64, 96, 1), 255, dtype=np.uint8)
    heights = np.random.default_rng(0).integers(20, 40, size=(count, 74))
    for row, line in enumerate(heights):
        pixels[row, line, np.arange(12, 86)] = 0
    return pixels


def _probabilities(pixels: np.ndarray) -> np.ndarray:
    """Sure of class 1 as far as there is ink in the columns that it looks at."""
    ink = (pixels[:, :, SEEN, 0] < 255).any(axis=1).mean(axis=1)
    return np.stack([0.45 - 0.4 * ink, 0.55 + 0.4 * ink], axis=1).astype(np.float32)


def _maps(columns: slice) -> Callable[[np.ndarray], np.ndarray]:
    def maps(pixels: np.ndarray) -> np.ndarray:
        activation = np.zeros((len(pixels), 8, 96, 2), dtype=np.float32)
        activation[:, :, columns, 1] = 1
        return activation

    return maps


def test_a_true_map_costs_more_than_chance() -> None:
    predicted, salient, random = saliency.drops(_pictures(), _probabilities, _maps(SEEN), np.random.default_rng(1))
    assert set(predicted) == {1}
    assert salient == pytest.approx(np.full(40, 0.4), abs=1e-6)
    assert random.mean() < 0.15


def test_a_map_that_points_elsewhere_is_found_out() -> None:
    _, salient, random = saliency.drops(_pictures(), _probabilities, _maps(slice(20, 26)), np.random.default_rng(1))
    assert salient == pytest.approx(np.zeros(40), abs=1e-6)
    assert random.mean() > 0


def test_a_tenth_of_the_trace_s_time_is_masked_and_the_margins_do_not_count() -> None:
    masked: list[np.ndarray] = []

    def watched(pixels: np.ndarray) -> np.ndarray:
        masked.append(pixels)
        return _probabilities(pixels)

    pictures = _pictures(6)
    saliency.drops(pictures, watched, _maps(SEEN), np.random.default_rng(1))
    assert len(masked) == 2 + saliency.RANDOM_PARTS
    for changed in masked[1:]:
        columns = (changed != pictures).any(axis=(1, 3))
        assert set(columns.sum(axis=1)) == {7}
        assert not columns[:, :12].any()
        assert not columns[:, 86:].any()


def test_blank_paper_does_not_stop_the_check() -> None:
    blank = np.full((2, 64, 96, 1), 255, dtype=np.uint8)
    _, salient, random = saliency.drops(blank, _probabilities, _maps(SEEN), np.random.default_rng(1))
    assert not salient.any()
    assert not random.any()


def test_a_model_is_only_checked_on_the_beats_of_its_own_split(data: Dataset) -> None:
    with pytest.raises(DatasetError, match="not the one that the model was trained on"):
        saliency.deletion_rows(Subject.load(NEWEST), data, 10)


def test_the_served_model_is_scored_for_all_predictions_and_each_class(data: Dataset) -> None:
    served = Subject.load(NEWEST)
    own = Subject(served.model, served.config, data.digest)
    rows = saliency.deletion_rows(own, data, 16)
    assert rows[0]["predicted"] == "all"
    assert rows[0]["n"] == 16
    assert sum(int(row["n"] or 0) for row in rows[1:]) == 16
    for row in rows:
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]  # type: ignore[operator]
