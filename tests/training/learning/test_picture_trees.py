"""Trees beside the network say what scikit-learn's say, and are stored with the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from training.learning.picture_trees import PictureTrees, joined

NUMBERS = 9


def beats(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, and labels that hang on them."""
    random = np.random.default_rng(1)
    numbers = random.normal(size=(3000, NUMBERS)).astype(np.float32)
    return numbers, np.digitize(numbers[:, 0] + 0.5 * numbers[:, 1] * numbers[:, 2], [0.2, 0.8, 1.5]) % classes


@pytest.mark.parametrize("classes", [2, 4])
def test_they_say_what_fitted_trees_say(classes: int) -> None:
    numbers, labels = beats(classes)
    fitted = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(numbers, labels)
    said = PictureTrees._of(fitted, classes).logits(numbers)
    expected = fitted.decision_function(numbers)
    np.testing.assert_allclose(said if classes > 2 else said[:, 1] - said[:, 0], expected, atol=1e-5)


def test_a_number_on_the_bound_goes_where_it_went_in_training() -> None:
    fitted = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(*beats(4))
    trees = PictureTrees._of(fitted, 4)
    numbers = np.repeat(trees.bounds[:500, None], NUMBERS, axis=1)
    np.testing.assert_allclose(trees.logits(numbers), fitted.decision_function(numbers), atol=1e-5)


def test_a_class_without_beats_is_never_said() -> None:
    numbers, labels = beats(4)
    trees = PictureTrees.grow(numbers, labels + (labels >= 2), classes=5, iterations=10, seed=0)
    assert set(trees.logits(numbers).argmax(axis=1).tolist()) == {0, 1, 3, 4}


def test_where_nothing_is_worth_a_split_the_base_is_all_there_is() -> None:
    numbers, labels = beats(4)
    numbers[:, 3:] = 0
    few = np.flatnonzero(labels == 3)[:5]
    rows = np.concatenate([np.flatnonzero(labels != 3), few])  # too few of a class for a leaf of their own
    trees = PictureTrees.grow(numbers[rows], labels[rows], classes=4, iterations=3, seed=0)
    assert np.isfinite(trees.logits(numbers)).all()
    assert len(trees.leaf_classes) == len(trees.leaves)


def test_what_is_stored_says_the_same(tmp_path: Path) -> None:
    numbers, labels = beats(4)
    trees = PictureTrees.grow(numbers, labels, classes=4, iterations=5, seed=3)
    trees.save(tmp_path / "trees.npz")
    np.testing.assert_array_equal(PictureTrees.load(tmp_path / "trees.npz").logits(numbers), trees.logits(numbers))


def test_no_beats_have_no_logits() -> None:
    trees = PictureTrees.grow(*beats(4), classes=4, iterations=2, seed=0)
    assert trees.logits(np.empty((0, NUMBERS), np.float32)).shape == (0, 4)


def test_the_network_has_most_of_the_say() -> None:
    network, trees = np.array([[10, 0]], np.float32), np.array([[0, 10]], np.float32)
    np.testing.assert_allclose(joined(network, trees), [[7, 3]], rtol=1e-6)
