"""Trees as a layer say what scikit-learn's say."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ecg.classes import NORMAL, PAC, PACED, PVC
from training.datasets.recordings.labelling import CLASSES, CONDUCTED, bits
from training.learning.recordings import trees

NUMBERS = 12
_OF_GROUPS = [CLASSES.index(kind) for kind in (NORMAL, PAC, PVC, PACED)]


def beats(groups: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of which some are unknown, and labels that hang on them."""
    random = np.random.default_rng(0)
    numbers = random.normal(size=(3000, NUMBERS)).astype(np.float32)
    labels = np.array([CONDUCTED, bits(PAC), bits(PVC), bits(PACED)], np.uint8)[:groups]
    kinds = np.digitize(numbers[:, 0] + 0.5 * numbers[:, 1] * numbers[:, 2], [0.5, 1.0, 1.5]) % groups
    numbers[random.random(numbers.shape) < 0.1] = np.nan
    return numbers, labels[kinds]


@pytest.fixture(scope="module")
def fitted() -> HistGradientBoostingClassifier:
    numbers, allowed = beats()
    return HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=trees.LEAVES, random_state=0).fit(
        numbers, trees.groups(allowed)
    )


def test_the_layer_says_what_the_trees_say(fitted: HistGradientBoostingClassifier) -> None:
    numbers, _ = beats()
    said = np.asarray(trees.BoostedTrees.of(fitted, NUMBERS)(numbers))
    np.testing.assert_allclose(said[:, _OF_GROUPS], fitted.decision_function(numbers), atol=1e-5)


def test_a_number_on_the_bound_goes_where_it_went_in_training(fitted: HistGradientBoostingClassifier) -> None:
    bounds = np.concatenate([tree.nodes["num_threshold"] for each in fitted._predictors for tree in each])
    numbers = np.repeat(bounds.astype(np.float32)[:500, None], NUMBERS, axis=1)
    said = np.asarray(trees.BoostedTrees.of(fitted, NUMBERS)(numbers))
    np.testing.assert_allclose(said[:, _OF_GROUPS], fitted.decision_function(numbers), atol=1e-5)


def test_which_bundle_conducts_is_not_for_trees_to_say() -> None:
    numbers, allowed = beats()
    said = np.asarray(trees.fit(numbers, allowed, iterations=5, seed=0)(numbers))
    np.testing.assert_array_equal(said[:, 0], said[:, 1])
    np.testing.assert_array_equal(said[:, 0], said[:, 2])


def test_trees_learn_where_a_kind_of_beat_is_missing() -> None:
    numbers, allowed = beats(groups=3)
    said = np.asarray(trees.fit(numbers, allowed, iterations=20, seed=0)(numbers))
    right = np.array([bits(kind) for kind in CLASSES])[said.argmax(axis=1)] == allowed
    assert right[allowed != CONDUCTED].mean() > 0.5


def test_a_stored_layer_says_the_same(fitted: HistGradientBoostingClassifier, tmp_path: Path) -> None:
    numbers, _ = beats()
    inputs = keras.Input((NUMBERS,))
    model = keras.Model(inputs, trees.BoostedTrees.of(fitted, NUMBERS)(inputs))
    model.save(tmp_path / "trees.keras")
    again = keras.saving.load_model(tmp_path / "trees.keras")
    np.testing.assert_array_equal(np.asarray(again(numbers)), np.asarray(model(numbers)))
