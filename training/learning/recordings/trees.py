"""Gradient-boosted trees on the numbers of a beat, as a layer: what they say joins what the network says.

Trees learn from numbers what a network with as few people overlooks. Some tell conducted, supraventricular, ventricular
and paced beats apart (:data:`KINDS`), others how the ventricles are reached (:data:`CONDUCTION`): these look at what
tells one person from another, too, which those mustn't see. They are fitted by scikit-learn
(``HistGradientBoostingClassifier``) and put into matrices: which conditions lead to each leaf. So they are exported
with the network, to the last bit of what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ecg.classes import LBBB, NORMAL, PAC, PACED, PVC, RBBB
from ecg.features.conduction import OF_LEADS
from training.datasets.recordings.labelling import CLASSES, CONDUCTED, NO_BEAT, bits
from training.learning.boosting import fitted_trees, rounded_down


@dataclass(frozen=True, slots=True)
class Question:
    """What some trees tell apart."""

    group_of: Mapping[int, int]
    """By label: the group of beats that have it; others take no part."""
    of_class: tuple[int, ...]
    """The group of each of the network's classes; −1 of those that the question isn't about."""

    @property
    def groups(self) -> int:
        """How many there are."""
        return max(self.of_class) + 1

    def of(self, allowed: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The group of beats with these labels, ``[n]``; −1 where they can't be told."""
        return np.array([self.group_of.get(label, -1) for label in range(256)])[allowed]


KINDS: Final = Question(
    {
        **dict.fromkeys((bits(NORMAL), bits(LBBB), bits(RBBB), CONDUCTED, NO_BEAT), 0),
        bits(PAC): 1,
        bits(PVC): 2,
        bits(PACED): 3,
    },
    (0, 0, 0, 1, 2, 3),
)
CONDUCTION: Final = Question(
    {bits(NORMAL): 0, bits(LBBB): 1, bits(RBBB): 2, bits(PACED): 3},
    (0, 1, 2, -1, -1, 3),
)

LEAVES: Final = 15

#: Places in :data:`ecg.features.conduction.CONDUCTION` of what leads show.
_OF_LEADS: Final = [place for columns in OF_LEADS for place in range(columns.start, columns.stop)]

#: Beyond all numbers.
_BEYOND: Final = 1e30


def fit(
    numbers: NDArray[np.float32], allowed: NDArray[np.uint8], question: Question, *, iterations: int, seed: int
) -> BoostedTrees:
    """Trees that have learnt from some beats, drawn as evenly as the network's.

    Args:
        numbers: ``[n, numbers]``, ``nan`` where unknown.
        allowed: ``[n]``: the classes that each may have, bits.
        question: What they tell apart.
        iterations: Trees of each group.
        seed: Chance.
    """
    truth = question.of(allowed)
    known = truth >= 0
    told = np.isfinite(numbers[known]).any(axis=0)
    model = HistGradientBoostingClassifier(
        max_iter=iterations,
        learning_rate=0.08,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=60,
        l2_regularization=5.0,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )
    model.fit(np.where(told, numbers[known], 0), truth[known])
    return BoostedTrees.of(model, numbers.shape[1], question)


@keras.saving.register_keras_serializable("beatlens")
class BoostedTrees(layers.Layer):  # type: ignore[misc]
    """``[N, numbers]`` with ``nan`` to what the trees add to the logits, ``[N, classes]``."""

    def __init__(self, numbers: int, trees: int, **options: object) -> None:
        super().__init__(**options)
        self.numbers, self.trees = numbers, trees
        conditions = LEAVES - 1
        for name, shape, kind in (
            ("columns", (trees * conditions,), "int32"),
            ("bounds", (trees * conditions,), "float32"),
            ("unknown", (trees * conditions,), "float32"),
            ("paths", (trees, conditions, LEAVES), "float32"),
            ("lefts", (trees, 1, LEAVES), "float32"),
            ("leaves", (trees * LEAVES, len(CLASSES)), "float32"),
            ("base", (len(CLASSES),), "float32"),
        ):
            setattr(self, name, self.add_weight(shape, "zeros", kind, trainable=False, name=name))

    @classmethod
    def of(cls, model: HistGradientBoostingClassifier, numbers: int, question: Question) -> Self:
        """The layer that says what fitted trees say, for beats with so many numbers; 0 of the classes that the question
        isn't about.
        """
        stored, begins = fitted_trees(model)
        base = np.zeros(question.groups + 1)  # the last one is of classes that aren't asked about
        for group, value in begins.items():
            base[group] = value
        layer = cls(numbers, len(stored))
        rows = [_matrices(nodes) for nodes, _ in stored]
        columns, bounds, unknown, paths, lefts, values = (np.stack(part) for part in zip(*rows, strict=True))
        of_group = np.equal.outer([group for _, group in stored], question.of_class)
        leaves = values[:, :, None] * of_group[:, None, :]
        layer.set_weights(
            [
                columns.ravel(),
                bounds.ravel(),
                unknown.ravel(),
                paths,
                lefts[:, None],
                leaves.reshape(-1, len(CLASSES)),
                base[list(question.of_class)],
            ]
        )
        return layer

    def call(self, numbers: keras.KerasTensor) -> keras.KerasTensor:
        """See the class.

        What isn't known is seen as less than everything, and as more than everything: a condition that holds then
        looks at the first. Beats are the last axis, so that nothing large is turned around.
        """
        turned = ops.transpose(numbers)
        unknown = ops.isnan(turned)
        seen = ops.concatenate([ops.where(unknown, -_BEYOND, turned), ops.where(unknown, _BEYOND, turned)], axis=0)
        columns = self.columns + ops.cast(1.0 - self.unknown, "int32") * self.numbers
        met = ops.cast(ops.take(seen, columns, axis=0) <= ops.expand_dims(self.bounds, 1), "float32")
        met = ops.reshape(met, (self.trees, LEAVES - 1, -1))
        ways = ops.matmul(ops.transpose(self.paths, (0, 2, 1)), met)
        reached = ops.relu(
            ways - ops.transpose(self.lefts, (0, 2, 1)) + 1.0
        )  # whole numbers: 1 at the leaf, 0 at others
        reached = ops.reshape(reached, (self.trees * LEAVES, -1))
        return ops.transpose(ops.matmul(ops.transpose(self.leaves), reached)) + self.base

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """For Keras."""
        return (shape[0], len(CLASSES))

    def get_config(self) -> dict[str, object]:
        """What the layer is made of anew, but for its weights."""
        return super().get_config() | {"numbers": self.numbers, "trees": self.trees}


@keras.saving.register_keras_serializable("beatlens")
class Conduction(layers.Layer):  # type: ignore[misc]
    """What trees say of :data:`CONDUCTION`, ``[N, classes]``, as logarithms of probabilities; ectopic beats are all
    that isn't paced. Where one of the leads by which a block is told isn't there they say nothing, 0: the people in
    fewer leads are too few to learn from.
    """

    def call(self, said: keras.KerasTensor, numbers: keras.KerasTensor) -> keras.KerasTensor:
        """See the class; ``numbers``, ``[N, 41]``, are those that the trees looked at."""
        asked = [place for place, group in enumerate(CONDUCTION.of_class) if group >= 0]
        sure = ops.log_softmax(ops.take(said, asked, axis=1), axis=1)
        *conducted, paced = (sure[:, place : place + 1] for place in range(len(asked)))
        heart = ops.logsumexp(ops.concatenate(conducted, axis=1), axis=1, keepdims=True)
        columns = [heart if group < 0 else (*conducted, paced)[group] for group in CONDUCTION.of_class]
        lost = ops.any(ops.isnan(ops.take(numbers, _OF_LEADS, axis=1)), axis=1, keepdims=True)
        return ops.where(lost, 0.0, ops.concatenate(columns, axis=1))


def _matrices(nodes: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """A tree of at most :data:`LEAVES` leaves: the number that each condition looks at and its bound, whether it holds
    where that isn't known, which conditions lead to each leaf (1: held, −1: not), how many must hold, and values.
    """
    inner, ends = np.flatnonzero(nodes["is_leaf"] == 0), np.flatnonzero(nodes["is_leaf"])
    columns, bounds, unknown = np.zeros(LEAVES - 1, np.int32), np.zeros(LEAVES - 1), np.zeros(LEAVES - 1)
    columns[: len(inner)] = nodes["feature_idx"][inner]
    bounds[: len(inner)] = rounded_down(nodes["num_threshold"][inner])
    unknown[: len(inner)] = nodes["missing_go_to_left"][inner]
    place = {int(node): number for number, node in enumerate(inner)}
    leaf = {int(node): number for number, node in enumerate(ends)}
    paths, values = np.zeros((LEAVES - 1, LEAVES)), np.zeros(LEAVES)
    lefts = np.full(LEAVES, LEAVES + 1.0)
    waiting: list[tuple[int, list[tuple[int, float]]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if node in leaf:
            for condition, side in path:
                paths[condition, leaf[node]] = side
            lefts[leaf[node]] = sum(side > 0 for _, side in path)
            values[leaf[node]] = nodes["value"][node]
            continue
        for child, side in ((nodes["left"][node], 1.0), (nodes["right"][node], -1.0)):
            waiting.append((int(child), [*path, (place[node], side)]))
    return columns, bounds, unknown, paths, lefts, values
