"""Gradient-boosted trees beside the network, on numbers of the line in the picture: their logits are added up.

Trees err otherwise than networks do, and people, not beats, are what is scarce: together they know more of people whom
neither has seen. They are fitted by scikit-learn (``HistGradientBoostingClassifier``), to the same draw of beats that
an epoch of the network is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from training import packed
from training.learning.boosting import fitted_trees, rounded_down

#: What the trees have of the logits; the rest is the network's.
PART: Final = 0.3

#: How trees grow. Few leaves and a fast rate: 40 trees of each class say together what three times as many would.
_LEAVES: Final = 15
_RATE: Final = 0.16
_LEAST_BEATS: Final = 40
_RIDGE: Final = 5.0
_NUMBERS_A_SPLIT: Final = 0.3

#: Logit of a class that had no beats to learn from.
_NEVER: Final = -30.0

#: Rows that are asked at once.
_BATCH: Final = 4096


@dataclass(frozen=True, slots=True)
class PictureTrees:
    """Fitted trees as arrays. A child that is 0 or more is a node's number, one below 0 is leaf ``−1 − child``."""

    numbers: NDArray[np.int64]
    """``[nodes]``: the number that each looks at."""
    bounds: NDArray[np.float32]
    """``[nodes]``: up to here it goes to the first child."""
    children: NDArray[np.int64]
    """``[nodes, 2]``."""
    roots: NDArray[np.int64]
    """``[trees]``: the node that each begins with."""
    classes: NDArray[np.int64]
    """``[trees]``: the class that each speaks of."""
    leaves: NDArray[np.float32]
    """``[leaves]``: what each adds to the logit of its tree's class."""
    base: NDArray[np.float32]
    """``[C]``: logits before any tree."""

    @classmethod
    def grow(
        cls, numbers: NDArray[np.float32], labels: NDArray[np.int64], *, classes: int, iterations: int, seed: int
    ) -> Self:
        """Trees that have learnt from beats.

        Args:
            numbers: ``[N, numbers]``, see :func:`training.learning.line_numbers.line_numbers`.
            labels: ``[N]``, class indices.
            classes: how many there are; one that has no beats is never said.
            iterations: trees of each class.
            seed: chance.
        """
        model = HistGradientBoostingClassifier(
            max_iter=iterations,
            learning_rate=_RATE,
            max_leaf_nodes=_LEAVES,
            min_samples_leaf=_LEAST_BEATS,
            l2_regularization=_RIDGE,
            max_features=_NUMBERS_A_SPLIT,
            early_stopping=False,
            random_state=seed,
        )
        model.fit(numbers, labels)
        return cls._of(model, classes)

    @classmethod
    def _of(cls, model: HistGradientBoostingClassifier, classes: int) -> Self:
        trees, begins = fitted_trees(model)
        base = np.full(classes, _NEVER, np.float32)
        base[np.asarray(model.classes_)] = 0
        for label, value in begins.items():
            base[label] = value
        parts: list[tuple[Any, ...]] = []
        nodes = leaves = 0
        for stored, label in trees:
            if len(stored) == 1:  # nothing was worth a split
                base[label] += stored["value"][0]
                continue
            part = _arrays(stored, nodes, leaves)
            parts.append((*part, nodes, label))
            nodes, leaves = nodes + len(part[0]), leaves + len(part[3])
        numbers, bounds, children, values, roots, labels = zip(*parts, strict=True)
        return cls(
            np.concatenate(numbers),
            np.concatenate(bounds),
            np.concatenate(children),
            np.array(roots),
            np.array(labels),
            np.concatenate(values),
            base,
        )

    def logits(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """What they say of ``[N, numbers]``: ``[N, C]``."""
        return self.base + self.added(numbers)

    def added(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """What their leaves add to the base, ``[N, C]``."""
        parts = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
        return np.concatenate([np.empty((0, len(self.base)), np.float32), *(self._asked(part) for part in parts)])

    def _asked(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.arange(len(numbers))[:, None]
        at = np.broadcast_to(self.roots, (len(numbers), len(self.roots)))
        while (inner := at >= 0).any():
            node = np.maximum(at, 0)
            beyond = numbers[rows, self.numbers[node]] > self.bounds[node]
            at = np.where(inner, self.children[node, beyond.astype(np.int64)], at)
        of_class = np.equal.outer(self.classes, np.arange(len(self.base))).astype(np.float32)
        return self.leaves[-1 - at] @ of_class

    @property
    def leaf_classes(self) -> NDArray[np.int64]:
        """The class that each leaf speaks of, ``[leaves]``: a tree's leaves stand together, in its order."""
        counts = np.diff(np.append(self.roots, len(self.bounds))) + 1  # a tree has one leaf more than it has nodes
        return np.repeat(self.classes, counts)

    def save(self, path: Path) -> None:
        """Write a file that :meth:`load` reads."""
        packed.write(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read stored trees."""
        with path.open("rb") as file, np.load(file) as stored:
            return cls(**stored)


def joined(network: NDArray[np.float32], trees: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits ``[N, C]`` of both together."""
    return (1 - PART) * network + PART * trees


def _arrays(nodes: NDArray[Any], first: int, first_leaf: int) -> tuple[NDArray[Any], ...]:
    """A tree's numbers, bounds, children and leaves; its nodes and leaves are counted from ``first`` on."""
    inner, ends = np.flatnonzero(nodes["is_leaf"] == 0), np.flatnonzero(nodes["is_leaf"])
    place = np.empty(len(nodes), np.int64)
    place[inner] = first + np.arange(len(inner))
    place[ends] = -1 - (first_leaf + np.arange(len(ends)))
    children = np.stack([place[nodes["left"][inner]], place[nodes["right"][inner]]], axis=1)
    return (
        nodes["feature_idx"][inner].astype(np.int64),
        rounded_down(nodes["num_threshold"][inner]),
        children,
        nodes["value"][ends].astype(np.float32),
    )
