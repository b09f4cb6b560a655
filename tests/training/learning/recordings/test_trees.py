"""Trees as a layer say what scikit-learn's say."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ecg.classes import LBBB, NORMAL, PAC, PACED, PVC, RBBB
from ecg.features.conduction import OF_LEADS
from training.datasets.recordings.labelling import CLASSES, CONDUCTED, bits
from training.learning.recordings import trees
from training.learning.recordings.trees import CONDUCTION, KINDS

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
        numbers, KINDS.of(allowed)
    )


def test_the_layer_says_what_the_trees_say(fitted: HistGradientBoostingClassifier) -> None:
    numbers, _ = beats()
    said = np.asarray(trees.BoostedTrees.of(fitted, NUMBERS, KINDS)(numbers))
    np.testing.assert_allclose(said[:, _OF_GROUPS], fitted.decision_function(numbers), atol=1e-5)


def test_a_number_on_the_bound_goes_where_it_went_in_training(fitted: HistGradientBoostingClassifier) -> None:
    bounds = np.concatenate([tree.nodes["num_threshold"] for each in fitted._predictors for tree in each])
    numbers = np.repeat(bounds.astype(np.float32)[:500, None], NUMBERS, axis=1)
    said = np.asarray(trees.BoostedTrees.of(fitted, NUMBERS, KINDS)(numbers))
    np.testing.assert_allclose(said[:, _OF_GROUPS], fitted.decision_function(numbers), atol=1e-5)


def test_which_bundle_conducts_is_not_for_trees_of_kinds_to_say() -> None:
    numbers, allowed = beats()
    said = np.asarray(trees.fit(numbers, allowed, KINDS, iterations=5, seed=0)(numbers))
    np.testing.assert_array_equal(said[:, 0], said[:, 1])
    np.testing.assert_array_equal(said[:, 0], said[:, 2])


def test_trees_learn_where_a_kind_of_beat_is_missing() -> None:
    numbers, allowed = beats(groups=3)
    said = np.asarray(trees.fit(numbers, allowed, KINDS, iterations=20, seed=0)(numbers))
    right = np.array([bits(kind) for kind in CLASSES])[said.argmax(axis=1)] == allowed
    assert right[allowed != CONDUCTED].mean() > 0.5


def test_trees_of_conduction_say_which_bundle_conducts_and_of_ectopic_beats_that_they_are_not_paced() -> None:
    numbers, kinds = beats()
    labels = {CONDUCTED: bits(NORMAL), bits(PAC): bits(LBBB), bits(PVC): bits(RBBB), bits(PACED): bits(PACED)}
    allowed = np.array([labels[int(kind)] for kind in kinds], np.uint8)
    raw = trees.fit(numbers, allowed, CONDUCTION, iterations=20, seed=0)(numbers)
    said = np.exp(np.asarray(trees.Conduction()(raw, np.zeros((len(numbers), 41), np.float32))))
    places = [CLASSES.index(kind) for kind in (NORMAL, LBBB, RBBB, PACED)]
    right = np.array([bits(CLASSES[place]) for place in places])[said[:, places].argmax(axis=1)] == allowed
    assert right.mean() > 0.7
    np.testing.assert_allclose(said[:, places].sum(axis=1), 1, atol=1e-5)
    for kind in (PAC, PVC):
        np.testing.assert_allclose(said[:, CLASSES.index(kind)], 1 - said[:, CLASSES.index(PACED)], atol=1e-5)


def test_trees_of_conduction_say_nothing_where_a_lead_by_which_blocks_are_told_is_missing() -> None:
    raw = np.random.default_rng(0).normal(size=(3, len(CLASSES))).astype(np.float32)
    numbers = np.zeros((3, 41), np.float32)
    numbers[1, OF_LEADS[2]] = np.nan
    numbers[2, 0] = np.nan  # how long QRS complexes last is no lead's
    said = np.asarray(trees.Conduction()(raw, numbers))
    assert not said[1].any()
    assert said[[0, 2]].all()


def test_a_stored_layer_says_the_same(fitted: HistGradientBoostingClassifier, tmp_path: Path) -> None:
    numbers, _ = beats()
    inputs = keras.Input((NUMBERS,))
    model = keras.Model(inputs, trees.BoostedTrees.of(fitted, NUMBERS, KINDS)(inputs))
    model.save(tmp_path / "trees.keras")
    again = keras.saving.load_model(tmp_path / "trees.keras")
    np.testing.assert_array_equal(np.asarray(again(numbers)), np.asarray(model(numbers)))
