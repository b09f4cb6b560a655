"""The same held-out beats in every named style: what the look of a picture costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS
from ecg.pictures.rendering import picture_window
from inference_server.classification import Verdict
from training.datasets.prepared_data import Dataset
from training.datasets.splits import divide
from training.evaluation import bootstrap, metrics
from training.evaluation.bootstrap import Interval
from training.evaluation.metrics import TableRow
from training.evaluation.served_model import Subject
from training.pictures.styles import NAMED, Style, encoded, paint

#: Beats that are painted together; large pictures are large.
_GROUP = 16


def style_rows(subject: Subject, data: Dataset, beats: int) -> Iterator[TableRow]:
    """Score ``subject`` on the same beats of its test partition in each style of
    :data:`training.pictures.styles.NAMED`.

    Every picture is encoded as the style says and goes through the server's decoder. ``lost_points`` is the accuracy
    lost against the plain drawing in percentage points, with its 95 % bootstrap interval over the (paired) beats.

    Args:
        beats: how many; by chance, with the run's seed.

    Raises:
        DatasetError: ``data`` are not the beats that the model's split was made of.
    """
    labels = subject.labels_of(data)
    names = [beat_class.short for beat_class in CLASS_SETS[subject.config.class_set]]
    rows = np.random.default_rng(subject.config.seed).permutation(divide(data, subject.config).test)[:beats]
    truth = labels[rows]
    records = data.table["record"].to_numpy(dtype=str)[rows]
    signals = picture_window(data.windows[rows])
    plain: NDArray[np.bool_] | None = None
    for name, style in NAMED.items():
        predicted = subject.predict_files(_files(signals, style, subject.config.seed))
        right = predicted.probabilities.argmax(axis=1) == truth
        plain = right if plain is None else plain
        lost = _lost(plain, right)
        scores = metrics.score(truth, predicted.probabilities, names, records, by_record=False)
        row: TableRow = {
            "style": name,
            "n": len(rows),
            "accuracy": round(scores.accuracy.value, 4),
            "macro_f1": round(scores.macro_f1.value, 4),
            "ece": round(scores.calibration_error, 4),
            "lost_points": round(100 * lost.value, 2),
            "lost_points_low": round(100 * lost.low, 2),
            "lost_points_high": round(100 * lost.high, 2),
        }
        row |= {verdict.value: round(float((predicted.verdicts == verdict.value).mean()), 4) for verdict in Verdict}
        yield row


def _files(signals: NDArray[np.float32], style: Style, seed: int) -> Iterator[bytes]:
    generator = np.random.default_rng(seed)
    for start in range(0, len(signals), _GROUP):
        for picture in paint(signals[start : start + _GROUP], style, generator):
            yield encoded(picture, style)


def _lost(plain: NDArray[np.bool_], right: NDArray[np.bool_]) -> Interval:
    """Accuracy lost against the plain drawing, resampling the beats, each drawn in both ways."""
    losses = plain.astype(float) - right
    return bootstrap.interval(
        float(plain.mean() - right.mean()), bootstrap.beat_weights(len(losses)) @ losses / len(losses)
    )
