"""Probabilities that mean something, sets that keep their promise, and an OOD score.

Everything here is fitted on validation (or training) beats, never on the test partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.covariance import LedoitWolf

#: How often the prediction set of a beat holds its true class, per class.
SET_COVERAGE = 0.99

#: How often a confident prediction is right, per predicted class, and fewest confident predictions that show it.
CONFIDENT_PRECISION = 0.99
LEAST_PREDICTIONS_FOR_THRESHOLD = 30

#: Confidence threshold of a class that is never predicted confidently: more than any probability.
NEVER = 2.0

#: How many real beats may lie beyond the OOD limit.
REJECTED_BEATS = 0.008


#: Fewest validation beats of a class that its bias is fitted from.
LEAST_BEATS_FOR_BIAS = 30


@dataclass(frozen=True, slots=True)
class Scaling:
    """From logits to calibrated probabilities: ``softmax(logits / temperature + bias)``."""

    temperature: float
    bias: tuple[float, ...]
    """One per class."""


@dataclass(frozen=True, slots=True)
class FeatureSpace:
    """Where the OOD score of a feature vector is measured: its distance to the nearest class mean in whitened space
    (Mahalanobis; Lee et al. 2018).

    ``ood_score(f) = min_c || f @ whitening - means[c] ||``
    """

    whitening: NDArray[np.float32]
    """Shape ``[F, F]``."""
    means: NDArray[np.float32]
    """Whitened class means, shape ``[C, F]``."""


def fit_scaling(
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    biases: bool = True,
    weights: NDArray[np.float64] | None = None,
) -> Scaling:
    """Temperature and class biases that minimise the negative log likelihood.

    Bias-corrected temperature scaling (Alexandari et al. 2020). The biases undo that training draws the classes less
    unevenly than they occur. The most frequent class has none, nor has a class with fewer than
    :data:`LEAST_BEATS_FOR_BIAS` beats, about which ``labels`` say too little. Where a class has no beats at all, as
    rare ones where people validate, no class has a bias: nothing would hold what is predicted in its stead.

    Args:
        logits: ``[N, C]``.
        labels: ``[N]``.
        biases: whether classes have biases at all. They fit the people of ``labels``, so they must not where others are
            asked about: of two groups of five people, one has hardly a premature beat, the other hundreds.
        weights: how much each beat counts, ``[N]``; by default all alike.
    """
    shares = np.full(len(labels), 1 / len(labels)) if weights is None else weights / weights.sum()
    wide = logits.astype(np.float64)
    rows = np.arange(len(labels))
    counts = np.bincount(labels, minlength=logits.shape[1])
    biased = np.flatnonzero(
        biases & (counts >= LEAST_BEATS_FOR_BIAS) & (np.arange(len(counts)) != counts.argmax()) & (counts > 0).all()
    )
    one_hot = np.zeros_like(wide)
    one_hot[rows, labels] = 1.0

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sharpness = np.exp(-parameters[0])
        scaled = wide * sharpness
        scaled[:, biased] += parameters[1:]
        log_probabilities = log_softmax(scaled, axis=1)
        error = (np.exp(log_probabilities) - one_hot) * shares[:, None]
        gradient = np.concatenate([[-(error * wide).sum() * sharpness], error[:, biased].sum(axis=0)])
        return float(-(log_probabilities[rows, labels] * shares).sum()), gradient

    fitted = minimize(loss, np.zeros(1 + len(biased)), jac=True, method="L-BFGS-B").x
    bias = np.zeros(logits.shape[1])
    bias[biased] = fitted[1:]
    return Scaling(float(np.exp(fitted[0])), tuple(bias.tolist()))


def class_thresholds(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], *, coverage: float = SET_COVERAGE
) -> list[float]:
    """Least probability at which each class stays plausible: class-conditional split conformal prediction.

    For class c the calibration scores are the probabilities that beats of c got for c. A new beat of c
    gets at least the threshold with probability ``coverage``, whatever the network (Vovk 2012). A class with
    too few calibration beats for its own quantile takes the one of all beats together.

    Args:
        probabilities: ``[N, C]``.
        labels: ``[N]``.
    """
    true_class = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    pooled = _lower_quantile(true_class, coverage) or 0.0
    thresholds = []
    for label in range(probabilities.shape[1]):
        own = _lower_quantile(true_class[labels == label], coverage)
        thresholds.append(pooled if own is None else own)
    return thresholds


def confidence_thresholds(
    probabilities: NDArray[np.float32],
    labels: NDArray[np.int64],
    thresholds: Sequence[float],
    *,
    precision: float = CONFIDENT_PRECISION,
) -> list[float]:
    """Least probability from which a class that alone is plausible is right often enough; :data:`NEVER` where none is.

    Prediction sets hold the true class at a stated rate for each true class. How often the only class of a set is the
    true one is another question, and seldom is it for a class that others are often taken for. So each class has a
    confidence threshold (selective classification, Geifman & El-Yaniv 2017). A class with few such predictions takes
    the one of all classes together.

    Args:
        probabilities: ``[N, C]``.
        labels: ``[N]``.
        thresholds: of :func:`class_thresholds`.
    """
    plausible = probabilities >= np.asarray(thresholds)
    top = probabilities.argmax(axis=1)
    lone = (plausible.sum(axis=1) == 1) & plausible[np.arange(len(top)), top]
    confidence, right = probabilities.max(axis=1).astype(np.float64), top == labels
    together = _confidence_threshold(confidence[lone], right[lone], precision)
    return [
        _confidence_threshold(confidence[own], right[own], precision)
        if own.sum() >= LEAST_PREDICTIONS_FOR_THRESHOLD
        else together
        for own in (lone & (top == label) for label in range(probabilities.shape[1]))
    ]


def _confidence_threshold(confidence: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """The least confidence such that, of the predictions from it on, the fraction ``precision`` is right."""
    order = np.argsort(-confidence, kind="stable")
    rightness = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Equally confident predictions stand or fall together.
    ends = np.append(np.diff(confidence[order]) != 0, True) if len(order) else np.zeros(0, dtype=bool)
    good = np.flatnonzero(
        ends & (rightness >= precision) & (np.arange(len(order)) + 1 >= LEAST_PREDICTIONS_FOR_THRESHOLD)
    )
    return float(confidence[order][good[-1]]) if len(good) else NEVER


def fit_feature_space(features: NDArray[np.float32], labels: NDArray[np.int64], classes: int) -> FeatureSpace:
    """Class means and a shared, shrunk covariance (Ledoit & Wolf 2004) of training features.

    Args:
        features: ``[N, F]``.
        labels: ``[N]``; every class must occur.
    """
    wide = features.astype(np.float64)
    means = np.stack([wide[labels == label].mean(axis=0) for label in range(classes)])
    # Each class weighs the same, or the normal beats would decide what is ordinary for a paced one.
    weight = np.sqrt(1.0 / np.bincount(labels, minlength=classes)[labels])
    centred = (wide - means[labels]) * weight[:, None] * np.sqrt(len(labels) / classes)
    precision = LedoitWolf(assume_centered=True).fit(centred).precision_
    whitening = np.linalg.cholesky(precision)
    return FeatureSpace(whitening.astype(np.float32), (means @ whitening).astype(np.float32))


def ood_score(features: NDArray[np.float32], space: FeatureSpace) -> NDArray[np.float32]:
    """OOD score of each feature vector ``[N, F]``, its distance to the nearest class: ``[N]``."""
    whitened = features @ space.whitening
    gaps = whitened[:, None, :] - space.means[None, :, :]
    return np.sqrt(np.square(gaps).sum(axis=2)).min(axis=1)


def ood_limit(ood_scores: NDArray[np.float32], *, rejected: float = REJECTED_BEATS) -> float:
    """OOD score that only the fraction ``rejected`` of real beats exceeds."""
    return float(np.quantile(ood_scores, 1.0 - rejected))


def decision_metadata(
    shorts: Sequence[str], thresholds: Sequence[float], confidence_thresholds: Sequence[float], max_ood_score: float
) -> dict[str, dict[str, float] | float]:
    """The ``decision`` entry of a model file, as ``inference_server.models.decision`` reads it."""
    # Six significant digits, rounded down: a threshold may lose strictness by rounding, never coverage.
    rounded = {short: _rounded_down(float(value)) for short, value in zip(shorts, thresholds, strict=True)}
    return {
        "min_probability": rounded,
        "min_confidence": {
            short: round(float(value), 6) for short, value in zip(shorts, confidence_thresholds, strict=True)
        },
        "max_distance": round(max_ood_score, 4),
    }


def _rounded_down(value: float) -> float:
    if value <= 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(value)) - 5)
    return float(f"{np.floor(value / unit) * unit:.6g}")


def _lower_quantile(scores: NDArray[np.float64], coverage: float) -> float | None:
    """The k-th smallest score with k = floor((n + 1) (1 - coverage)); None if that is below the smallest."""
    rank = int(np.floor((len(scores) + 1) * (1.0 - coverage)))
    if rank < 1:
        return None
    return float(np.sort(scores)[rank - 1])
