"""What scikit-learn's fitted trees hold, for those who ask them without scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier


def fitted_trees(model: HistGradientBoostingClassifier) -> tuple[list[tuple[NDArray[Any], int]], dict[int, float]]:
    """The nodes of each tree with the label that it speaks of, and the logit of each such label before any tree."""
    labels = np.asarray(model.classes_)[-len(model._predictors[0]) :]  # of two labels, the second has the trees
    trees = [(tree.nodes, int(label)) for each in model._predictors for label, tree in zip(labels, each, strict=True)]
    return trees, dict(zip(labels.tolist(), np.ravel(model._baseline_prediction).tolist(), strict=True))


def rounded_down(bounds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The greatest single-precision numbers that are no greater: they hold for the same single-precision values."""
    single = bounds.astype(np.float32)
    below: NDArray[np.float32] = np.where(single > bounds, np.nextafter(single, np.float32(-np.inf)), single)
    return below
