"""Scores with intervals: accuracy, macro-F1, calibration error, sensitivity and positive predictivity of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from ecg.classes import CLASS_SETS
from training.evaluation import bootstrap
from training.evaluation.bootstrap import Interval

#: Equal-width confidence bins of the expected calibration error (Guo et al. 2017 use 15).
CALIBRATION_BINS = 15

#: AAMI EC57 classes of annotation symbols (ANSI/AAMI EC57:2012, table of heartbeat classes).
AAMI_OF_SYMBOL = {symbol: beat_class.short for beat_class in CLASS_SETS["aami"] for symbol in beat_class.symbols} | {
    "F": "F"
}
AAMI_CLASSES = ("N", "SVEB", "VEB", "F", "Q")

#: The AAMI class that a prediction in our classes stands for. Paced is Q; the rest follows the symbols.
AAMI_OF_SHORT = {
    "NORMAL": "N",
    "LBBB": "N",
    "RBBB": "N",
    "PAC": "SVEB",
    "PVC": "VEB",
    "VESC": "VEB",
    "VF": "VEB",
    "PACED": "Q",
} | {beat_class.short: beat_class.short for beat_class in CLASS_SETS["aami"]}

#: Records that EC57 leaves out because most of their beats are paced.
PACED_RECORDS = ("102", "104", "107", "217")


#: One row of a results table: column to value.
TableRow = dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class against the rest. Undefined figures (no beat, or no prediction, of the class) are None."""

    beats: int
    sensitivity: float | None
    positive_predictivity: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model reached in one partition of one protocol."""

    beats: int
    records: int
    accuracy: Interval
    macro_f1: Interval
    """Mean F1 of the classes that occur in this partition."""
    calibration_error: float
    """Expected calibration error of the most probable class."""
    classes: Mapping[str, ClassScore]
    confusion: NDArray[np.int64]
    """``[true class, predicted class]``, beats."""


def score(
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    names: Sequence[str],
    records: NDArray[np.str_],
    *,
    by_record: bool,
    seed: int = 0,
) -> Scores:
    """Score probabilities ``[N, C]`` against ``truth`` ``[N]``.

    Args:
        names: the classes' short names, in output order.
        records: the record of each beat, ``[N]``.
        by_record: resample whole records (what a new patient gets) instead of single beats.
        seed: of the bootstrap.
    """
    predicted = probabilities.argmax(axis=1)
    return score_classes(
        truth,
        predicted,
        names,
        records,
        by_record=by_record,
        seed=seed,
        calibration_error=expected_calibration_error(probabilities, truth),
    )


def score_classes(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    names: Sequence[str],
    records: NDArray[np.str_],
    *,
    by_record: bool,
    calibration_error: float = float("nan"),
    seed: int = 0,
) -> Scores:
    """Score predicted classes ``[N]`` against ``truth`` ``[N]``; see :func:`score`."""
    every = np.arange(len(names))
    groups = records if by_record else np.arange(len(truth))
    _, group = np.unique(groups, return_inverse=True)
    accuracy, macro = _intervals(truth, predicted, group, len(names), seed=seed)
    confusion = confusion_matrix(truth, predicted, labels=every)
    return Scores(
        beats=len(truth),
        records=len(np.unique(records)),
        accuracy=accuracy,
        macro_f1=macro,
        calibration_error=calibration_error,
        classes={name: _class_score(confusion, label) for label, name in enumerate(names)},
        confusion=confusion,
    )


def confidence_bins(probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Which of :data:`CALIBRATION_BINS` bins the most probable class of each row ``[N, C]`` falls into: ``[N]``."""
    return np.minimum((probabilities.max(axis=1) * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def expected_calibration_error(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Mean gap between confidence and accuracy over :data:`CALIBRATION_BINS` bins, weighted by their beats."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = confidence_bins(probabilities)
    gap = 0.0
    for index in np.unique(bins):
        chosen = bins == index
        gap += chosen.mean() * abs(confidence[chosen].mean() - right[chosen].mean())
    return float(gap)


def aami_truth(symbols: NDArray[np.str_], records: NDArray[np.str_]) -> NDArray[np.int64]:
    """AAMI class index of each beat, −1 for beats that EC57 leaves out. Shape ``[N]``."""
    index = {name: position for position, name in enumerate(AAMI_CLASSES)}
    truth = np.array([index.get(AAMI_OF_SYMBOL.get(symbol, ""), -1) for symbol in symbols], dtype=np.int64)
    truth[np.isin(records, PACED_RECORDS)] = -1
    return truth


def aami_classes_of(predicted: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.int64]:
    """AAMI class index of each predicted class index ``[N]``."""
    index = np.array([AAMI_CLASSES.index(AAMI_OF_SHORT[name]) for name in names])
    return index[predicted]


def table_row(scores: Scores, **identity: str | int) -> TableRow:
    """One row of a results table: the identity columns, then every figure, rounded to what is printed."""

    def rounded(value: float | None) -> float | None:
        return None if value is None or np.isnan(value) else round(value, 4)

    row: TableRow = dict(identity)
    row |= {"n": scores.beats, "records": scores.records}
    for name, interval in (("accuracy", scores.accuracy), ("macro_f1", scores.macro_f1)):
        row |= {
            name: rounded(interval.value),
            f"{name}_low": rounded(interval.low),
            f"{name}_high": rounded(interval.high),
        }
    row["ece"] = rounded(scores.calibration_error)
    for name, class_score in scores.classes.items():
        row |= {
            f"{name}_n": class_score.beats,
            f"{name}_Se": rounded(class_score.sensitivity),
            f"{name}_+P": rounded(class_score.positive_predictivity),
            f"{name}_F1": rounded(class_score.f1),
        }
    return row


@dataclass(frozen=True, slots=True)
class ClassScoreNames:
    """What the scores of one class are called in a model file."""

    sensitivity: str
    positive_predictivity: str
    beats: str
    """Test beats of the class."""
    people: str
    """Whose beats they are."""


def class_score_names(protocol: str, short: str) -> ClassScoreNames:
    """``<protocol>/<class>/<score>``."""
    return ClassScoreNames(*(f"{protocol}/{short}/{figure.name}" for figure in fields(ClassScoreNames)))


def class_scores(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    protocol: str,
    shorts: Sequence[str],
    people: NDArray[np.str_],
) -> dict[str, float]:
    """What a model file tells of each class that the test partition has.

    Args:
        probabilities: of the test beats, ``[N, C]``; ``truth`` and ``people`` are theirs, ``[N]``.
        shorts: the classes' short names, in output order.
    """
    scores: dict[str, float] = {}
    predicted = probabilities.argmax(axis=1)
    for label, short in enumerate(shorts):
        own, called = truth == label, predicted == label
        if not own.any():
            continue
        names = class_score_names(protocol, short)
        scores[names.sensitivity] = round(float(called[own].mean()), 4)
        if called.any():
            scores[names.positive_predictivity] = round(float(own[called].mean()), 4)
        scores[names.beats] = float(own.sum())
        scores[names.people] = float(len(np.unique(people[own])))
    return scores


def _class_score(confusion: NDArray[np.int64], label: int) -> ClassScore:
    hits = int(confusion[label, label])
    beats, predicted = int(confusion[label].sum()), int(confusion[:, label].sum())
    return ClassScore(
        beats=beats,
        sensitivity=hits / beats if beats else None,
        positive_predictivity=hits / predicted if predicted else None,
        f1=2 * hits / (beats + predicted) if beats else None,
    )


def _intervals(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], group: NDArray[np.int64], classes: int, *, seed: int
) -> tuple[Interval, Interval]:
    """Intervals of accuracy and macro-F1, resampling groups with replacement.

    Each group is one confusion matrix, so a resample is a weighted sum of matrices.
    """
    groups = int(group.max()) + 1
    cell = truth * classes + predicted
    if groups == len(truth):  # single beats
        draws = bootstrap.cell_counts(np.bincount(cell, minlength=classes**2), seed=seed)
    else:
        matrices = np.zeros((groups, classes**2), dtype=np.int64)
        np.add.at(matrices, (group, cell), 1)
        draws = bootstrap.group_weights(groups, seed=seed) @ matrices
    whole = np.bincount(cell, minlength=classes**2)[None]
    present = whole.reshape(classes, classes).sum(axis=1) > 0
    accuracy, macro = _figures(draws, classes, present)
    (own_accuracy,), (own_macro,) = _figures(whole, classes, present)

    return bootstrap.interval(own_accuracy, accuracy), bootstrap.interval(own_macro, macro)


def _figures(
    cells: NDArray[np.int64], classes: int, present: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and macro-F1 of confusion matrices ``[R, C * C]``, over the classes that are ``present``.

    A class that a resample happens to miss takes no part in that resample's mean.
    """
    matrices = cells.reshape(-1, classes, classes).astype(np.float64)
    hits = np.einsum("rcc->rc", matrices)
    accuracy = hits.sum(axis=1) / matrices.sum(axis=(1, 2))
    beats, predicted = matrices.sum(axis=2), matrices.sum(axis=1)
    drawn = (beats > 0) & present
    f1 = np.where(drawn, 2 * hits / np.maximum(beats + predicted, 1), 0.0)
    return accuracy, f1.sum(axis=1) / np.maximum(drawn.sum(axis=1), 1)
