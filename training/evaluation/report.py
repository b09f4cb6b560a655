"""One recipe's stored predictions as a single HTML page with its figures inside: nothing is fetched, nothing is
trained.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from ecg.beats import SAMPLING_RATE
from ecg.classes import CLASS_SETS
from ecg.pictures.rendering import draw, picture_window
from training import TrainingError
from training.datasets import prepared_data, sources
from training.evaluation import metrics, tables
from training.evaluation.metrics import Scores
from training.learning import predictions
from training.learning.predictions import Predictions
from training.recipes.provenance import RunConfig

#: Mistakes that are shown: the predictions that were surest and wrong.
MISTAKES = 24

#: At most this many of one record, or one odd patient would fill the page.
MISTAKES_PER_RECORD = 3

#: Curves of ten thousands of beats are drawn with so many points.
_CURVE_POINTS = 400

#: A run's epochs, as :mod:`training.learning.fitting` writes them.
_HISTORY = "history.csv"

#: Dots per inch of the figures: sharp on dense screens, still small.
_DPI = 130


#: What a run's name has beside its recipe's.
_PART = re.compile(r"\.(fold|without)-[^.]+$")


class ReportError(TrainingError):
    """These runs can't be reported on one page; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure inside the page."""

    title: str
    alt: str
    source: str
    """Data URI of a PNG picture."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A prediction that was sure and wrong."""

    record: str
    seconds: float
    """Where in the recording."""
    truth: str
    predicted: str
    probability: float
    source: str
    """Data URI of the beat's picture; empty where the prepared data are not there."""


def write(runs: Sequence[Path], prepared: Sequence[Path], out: Path) -> None:
    """Write the page about ``runs`` to ``out``.

    Args:
        runs: folders of the scored runs of one recipe.
        prepared: folders of prepared data that the pictures of mistakes are drawn from.

    Raises:
        ReportError: the runs belong to different recipes.
        PredictionsError: a run has no stored predictions.
    """
    of_runs = [predictions.load(run / predictions.FILE) for run in runs]
    config = _recipe([of_run.config for of_run in of_runs])
    joined = predictions.joined(of_runs)
    known = joined.only(joined.truth >= 0)
    names = [of_run.short for of_run in CLASS_SETS[config.class_set]]
    by_record = config.divided_by.by_person
    scores = metrics.score(known.truth, known.probabilities, names, known.records, by_record=by_record)
    histories = {run.name: pd.read_csv(run / _HISTORY) for run in runs if (run / _HISTORY).is_file()}
    figures = [
        _confusion(scores, names),
        *_curves(known, names),
        _reliability(known),
        *([_learning(histories)] if histories else []),
    ]
    environment = Environment(
        loader=PackageLoader("training.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(
        config=config,
        runs=[of_run.config.name for of_run in of_runs],
        scores=scores,
        by_record=by_record,
        majority=names[joined.majority],
        majority_accuracy=float((known.truth == joined.majority).mean()),
        figures=figures,
        records=ec57_rows(joined),
        mistakes=_mistakes(known, names, prepared),
        notice=sources.notice(config.sources),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f"{out.name}.partial")
    partial.write_text(page)
    os.replace(partial, out)


def ec57_rows(predicted_beats: Predictions) -> pd.DataFrame:
    """Sensitivity and positive predictivity of ectopic beats in each MIT-BIH record, with their gross and average.

    ANSI/AAMI EC57 asks for them by record: ``record``, ``beats``, and of supraventricular (SVEB) and ventricular (VEB)
    ectopic beats how many there are, Se, +P and the false positive rate. Undefined figures are NaN. Empty without
    MIT-BIH records.
    """
    ours = np.array([tables.source_of(record) == "MIT-BIH" for record in predicted_beats.records], dtype=bool)
    of_mitdb = predicted_beats.only(ours)
    truth = metrics.aami_truth(of_mitdb.symbols, of_mitdb.records)
    names = [beat_class.short for beat_class in CLASS_SETS[of_mitdb.config.class_set]]
    predicted = metrics.aami_classes_of(of_mitdb.probabilities.argmax(axis=1), names)
    counted = truth >= 0
    records, truth, predicted = of_mitdb.records[counted], truth[counted], predicted[counted]
    rows = [_ec57_row(record, truth[records == record], predicted[records == record]) for record in np.unique(records)]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame([*rows, _ec57_row("gross", truth, predicted)])
    figures = [column for column in table.columns if column.endswith(("Se", "+P", "FPR"))]
    average = table.iloc[:-1][figures].mean().to_dict()
    return pd.concat([table, pd.DataFrame([{"record": "average", **average}])], ignore_index=True)


def _ec57_row(record: str, truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, str | float]:
    row: dict[str, str | float] = {"record": record, "beats": len(truth)}
    for name in ("SVEB", "VEB"):
        own = metrics.AAMI_CLASSES.index(name)
        hits = int(((truth == own) & (predicted == own)).sum())
        beats, called = int((truth == own).sum()), int((predicted == own).sum())
        other_beats = len(truth) - beats
        row |= {
            name: beats,
            f"{name} Se": hits / beats if beats else float("nan"),
            f"{name} +P": hits / called if called else float("nan"),
            f"{name} FPR": (called - hits) / other_beats if other_beats else float("nan"),
        }
    return row


def _recipe(configs: Sequence[RunConfig]) -> RunConfig:
    """What the runs have in common, under the name that they share."""
    free = {"name": "recipe", "fold": 0, "held_out": "", "start_from": ""}
    if len({config.model_copy(update=free).model_dump_json() for config in configs}) > 1:
        raise ReportError("These runs are not parts of one recipe: their configurations differ.")
    if len({config.name for config in configs}) < len(configs):
        raise ReportError("A run is named twice.")
    name = configs[0].name if len(configs) == 1 else _PART.sub("", configs[0].name)
    return configs[0].model_copy(update={"name": name})


def _png(figure: Figure, title: str, alt: str) -> Picture:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DPI, bbox_inches="tight", facecolor="white")
    return Picture(title, alt, _data_uri(out.getvalue()))


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _confusion(scores: Scores, names: Sequence[str]) -> Picture:
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.subplots()
    beats = scores.confusion.sum(axis=1, keepdims=True)
    shares = scores.confusion / np.maximum(beats, 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*scores.confusion.shape):
        if count := int(scores.confusion[row, column]):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="true class")
    sensitivities = ", ".join(
        f"{name} {shares[row, row]:.1%} right" for row, name in enumerate(names) if scores.classes[name].beats
    )
    return _png(figure, "Confusion matrix", f"Beats of each true class by predicted class: {sensitivities}.")


def _curves(known: Predictions, names: Sequence[str]) -> list[Picture]:
    """ROC and precision-recall curves, each class against the rest."""
    roc, pr = Figure(figsize=(6.4, 4.6), layout="constrained"), Figure(figsize=(6.4, 4.6), layout="constrained")
    roc_axes, pr_axes = roc.subplots(), pr.subplots()
    areas, averages = [], []
    for label, name in enumerate(names):
        positive = known.truth == label
        if not positive.any() or positive.all():
            continue
        probability = known.probabilities[:, label]
        false, true, _ = roc_curve(positive, probability)
        area = auc(false, true)
        # Both axes are logarithmic towards the corner where good models differ.
        roc_axes.plot(*_thinned(np.maximum(false, 1e-5), true), label=name)
        areas.append(f"{name} {area:.4f}")
        precision, recall, _ = precision_recall_curve(positive, probability)
        average = average_precision_score(positive, probability)
        pr_axes.plot(*_thinned(recall, precision), label=name)
        averages.append(f"{name} {average:.4f}")
    roc_axes.set(xscale="log", xlabel="share of other beats that are called it", ylabel="sensitivity", ylim=(0, 1.02))
    pr_axes.set(xlabel="sensitivity", ylabel="positive predictivity", xlim=(0, 1.02), ylim=(0, 1.02))
    for axes in (roc_axes, pr_axes):
        axes.grid(alpha=0.3)
    roc_axes.legend(fontsize=8, loc="lower right")
    pr_axes.legend(fontsize=8, loc="lower left")
    return [
        _png(roc, "Each class against the rest: ROC", f"Areas under the curves: {', '.join(areas)}."),
        _png(pr, "Each class against the rest: precision and recall", f"Average precision: {', '.join(averages)}."),
    ]


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), _CURVE_POINTS)).astype(int))
    return x[chosen], y[chosen]


def _reliability(known: Predictions) -> Picture:
    confidence = known.probabilities.max(axis=1)
    right = known.probabilities.argmax(axis=1) == known.truth
    bins = metrics.confidence_bins(known.probabilities)
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    used = np.unique(bins)
    means = np.array([confidence[bins == index].mean() for index in used])
    accuracies = np.array([right[bins == index].mean() for index in used])
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1, label="as sure as right")
    axes.plot(means, accuracies, marker="o", label="this recipe")
    axes.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    counts.bar((used + 0.5) / metrics.CALIBRATION_BINS, np.bincount(bins)[used], width=0.06)
    counts.set(xlabel="probability of the predicted class", ylabel="beats", yscale="log")
    error = metrics.expected_calibration_error(known.probabilities, known.truth)
    return _png(figure, "Reliability", f"Accuracy by confidence; expected calibration error {error:.4f}.")


def _learning(histories: dict[str, pd.DataFrame]) -> Picture:
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    loss, score = figure.subplots(2, 1, sharex=True)
    for name, history in histories.items():
        (drawn,) = loss.plot(history["epoch"], history["loss"], linestyle="--", linewidth=1)
        colour = drawn.get_color()
        loss.plot(history["epoch"], history["validation_loss"], color=colour)
        score.plot(history["epoch"], history["validation_macro_f1"], color=colour, marker=".", label=name)
    loss.set(ylabel="loss (dashed: training)", yscale="log")
    score.set(xlabel="epoch", ylabel="macro-F1, validation")
    score.xaxis.set_major_locator(MaxNLocator(integer=True))
    score.legend(fontsize=7)
    for axes in (loss, score):
        axes.grid(alpha=0.3)
    best = max(float(history["validation_macro_f1"].max()) for history in histories.values())
    return _png(figure, "Learning curves", f"Loss and validation macro-F1 by epoch; the best macro-F1 is {best:.4f}.")


def _mistakes(known: Predictions, names: Sequence[str], prepared: Sequence[Path]) -> list[Mistake]:
    predicted = known.probabilities.argmax(axis=1)
    confidence = known.probabilities.max(axis=1)
    order = np.argsort(-confidence)
    wrong = order[(predicted != known.truth)[order]]
    places = pd.Series(known.records[wrong]).groupby(known.records[wrong]).cumcount().to_numpy()
    chosen = wrong[places < MISTAKES_PER_RECORD][:MISTAKES]
    return [
        Mistake(
            record=str(known.records[row]),
            seconds=round(int(known.samples[row]) / SAMPLING_RATE, 1),
            truth=names[known.truth[row]],
            predicted=names[predicted[row]],
            probability=float(confidence[row]),
            source=_beat_picture(str(known.records[row]), int(known.samples[row]), prepared),
        )
        for row in chosen
    ]


def _beat_picture(record: str, sample: int, prepared: Sequence[Path]) -> str:
    """The beat's primary lead as it is drawn for people; empty where no prepared folder has the record."""
    for folder in prepared:
        window = prepared_data.find_window(folder, record, sample)
        if window is not None:
            out = io.BytesIO()
            Image.fromarray(draw(picture_window(window[None]))[0]).save(out, "PNG")
            return _data_uri(out.getvalue())
    return ""
