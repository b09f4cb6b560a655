"""Scores of exported models, as they are served: onnxruntime, the server's pixels, the server's decisions."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from ecg.classes import CLASS_SETS
from inference_server.classification import Verdict
from inference_server.models.decision import Thresholds, decide
from inference_server.models.onnx_model import ModelError, OnnxModel
from training.datasets.prepared_data import Dataset, DatasetError
from training.datasets.splits import Split, divide
from training.evaluation import metrics, ood_pictures, tables
from training.learning.predictions import Predictions
from training.recipes.provenance import RunConfig

#: Pictures of each kind that are no beats.
NONBEAT_PICTURES = 200

#: Annotation symbols that no class set has learned, and their names.
UNSEEN_SYMBOLS = {
    "F": "fusion of ventricular and normal",
    "E": "ventricular escape",
    "a": "aberrated atrial premature",
    "j": "nodal escape",
}

_BATCH = 256


@dataclass(frozen=True, slots=True)
class ServedPredictions:
    """What a served model says about N pictures and C classes."""

    probabilities: NDArray[np.float32]
    """``[N, C]``."""
    verdicts: NDArray[np.str_]
    """``[N]``."""
    sets: NDArray[np.bool_]
    """Prediction sets, ``[N, C]``."""
    ood_scores: NDArray[np.float32]
    """How unlike the training beats each picture is, ``[N]``."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model version with the run that made it."""

    model: OnnxModel
    config: RunConfig
    data_digest: str
    """Of the data set that it was trained on."""

    @classmethod
    def load(cls, folder: Path) -> Subject:
        """The version in ``folder`` (``models/<name>/<version>``).

        Raises:
            ModelError: not a usable model version.
        """
        model = OnnxModel.load(folder)
        metadata = json.loads((folder / "metadata.json").read_text())
        try:
            return cls(model, RunConfig.model_validate(metadata["configuration"]), metadata["data_digest"])
        except (KeyError, ValidationError) as error:
            raise ModelError(f"{folder}/metadata.json does not tell which run made it: {error}") from error

    def require_its_beats(self, data: Dataset) -> None:
        """Raise :class:`DatasetError` where the split was made of other beats: training beats could be scored."""
        if data.digest != self.data_digest:
            raise DatasetError("This data set is not the one that the model was trained on. Prepare all the records.")

    def labels_of(self, data: Dataset) -> NDArray[np.int64]:
        """Class index of each beat of ``data``, −1 for beats of none: ``[N]``.

        Raises:
            DatasetError: these are not the beats that the model's split was made of.
        """
        self.require_its_beats(data)
        return data.labels(CLASS_SETS[self.config.class_set])

    def predict(self, pixels: NDArray[np.uint8]) -> ServedPredictions:
        """Classify canonical pixels ``[N, H, W, 1]`` and decide, as the server does."""
        parts = [self.model.run(pixels[start : start + _BATCH]) for start in range(0, len(pixels), _BATCH)]
        probabilities = np.concatenate([part.probabilities for part in parts])
        ood_scores = np.concatenate([part.ood_score for part in parts])
        return _decided(probabilities, ood_scores, self.model.thresholds)

    def predict_files(self, files: Iterable[bytes]) -> ServedPredictions:
        """Classify encoded pictures and decide, as the server does: what can't be read as a beat is none."""
        views = [self.model.input.view(data) for data in files]
        predicted = self.predict(np.stack([view.pixels for view in views]))
        refused = np.array([view.reason is not None for view in views])
        predicted.verdicts[refused] = Verdict.NOT_A_BEAT.value
        predicted.sets[refused] = False
        return predicted


def _decided(
    probabilities: NDArray[np.float32], ood_scores: NDArray[np.float32], thresholds: Thresholds
) -> ServedPredictions:
    verdicts = np.empty(len(probabilities), dtype="<U16")
    sets = np.zeros(probabilities.shape, dtype=bool)
    for row, (beat_probabilities, ood_score) in enumerate(
        zip(probabilities.tolist(), ood_scores.tolist(), strict=True)
    ):
        decision = decide(beat_probabilities, ood_score, thresholds)
        verdicts[row] = decision.verdict.value
        sets[row, list(decision.prediction_set)] = True
    return ServedPredictions(probabilities, verdicts, sets, ood_scores)


def score_tables(
    subject: Subject, data: Dataset, served: Thresholds | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score one model on the test partition of its own protocol.

    Args:
        served: thresholds of the model that it is the companion of: the verdicts on its test beats are given with these
            as well, all but the OOD score, which each model measures in its own unit. Thresholds that come from people
            whom a model knows say little about others.

    Returns:
        The scores table (see :func:`training.evaluation.tables.score_rows`) and the verdicts table.

    Raises:
        DatasetError: ``data`` are not the beats that the model's split was made of, so training beats could be scored.
    """
    config = subject.config
    labels = subject.labels_of(data)
    partitions = divide(data, config)
    rows = _scored_rows(data, partitions, config)
    served_predictions = subject.predict(data.pixels[0][rows])
    table = data.table.iloc[rows]
    symbols = table["symbol"].to_numpy(dtype=str)
    known = np.isin(rows, partitions.test)
    truth = labels[rows][known]
    predicted = _as_predictions(config, table, served_predictions, int(np.bincount(labels[partitions.train]).argmax()))
    by_person = config.divided_by.by_person
    scores = tables.score_rows([predicted if by_person else predicted.only(known)])
    own = _part(served_predictions, known)
    verdicts = [_verdict_row(config.protocol, "test beats", own, truth)]
    if served is not None:
        as_served = replace(served, max_ood_score=subject.model.thresholds.max_ood_score)
        judged = _decided(own.probabilities, own.ood_scores, as_served)
        verdicts.append(_verdict_row(config.protocol, "test beats, thresholds of the served model", judged, truth))
    for symbol, name in UNSEEN_SYMBOLS.items():
        unseen = (symbols == symbol) & ~known
        if unseen.any():
            outsiders = _part(served_predictions, unseen)
            row = _verdict_row(config.protocol, f"beats it never saw: {name} ({symbol})", outsiders)
            verdicts.append(row | _separation(own, outsiders))
    for kind, files in _nonbeats():
        outsiders = subject.predict_files(files)
        row = _verdict_row(config.protocol, f"no beat: {kind}", outsiders)
        verdicts.append(row | _separation(own, outsiders))
    return scores, pd.DataFrame(verdicts)


def stored_predictions(subject: Subject, data: Dataset) -> Predictions:
    """What the model file says of the test partition of its own protocol, as it is served, to be stored.

    Raises:
        DatasetError: ``data`` are not the beats that the model's split was made of.
    """
    labels = subject.labels_of(data)
    partitions = divide(data, subject.config)
    rows = _scored_rows(data, partitions, subject.config)
    majority = int(np.bincount(labels[partitions.train]).argmax())
    return _as_predictions(subject.config, data.table.iloc[rows], subject.predict(data.pixels[0][rows]), majority)


def _as_predictions(config: RunConfig, table: pd.DataFrame, served: ServedPredictions, majority: int) -> Predictions:
    return Predictions(
        config,
        table["record"].to_numpy(dtype=str),
        table["sample"].to_numpy(dtype=np.int64),
        table["symbol"].to_numpy(dtype=str),
        served.probabilities,
        majority,
    )


def tables_of(
    folders: list[Path], data: Dataset, progress: Callable[[float], None] = lambda _fraction: None
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables ``scores`` and ``verdicts`` of all the models in ``folders``, the served one first, then its companions.

    ``progress`` is called with the fraction done.
    """
    scores, verdicts = [], []
    served = None
    for done, folder in enumerate(folders, start=1):
        subject = Subject.load(folder)
        own_scores, own_verdicts = score_tables(subject, data, served)
        served = served or subject.model.thresholds
        scores.append(own_scores)
        verdicts.append(own_verdicts)
        progress(done / len(folders))
    yield "scores", pd.concat(scores, ignore_index=True)
    yield "verdicts", pd.concat(verdicts, ignore_index=True)


#: Another processor rounds otherwise and may turn a few predictions that are a close call: this many beats' worth of
#: difference still counts as reprinted, but never less than the last printed digits.
REPRINT_BEATS = 2.0
REPRINT_DIGITS = 2e-4


def differences(table: pd.DataFrame, stored: Path) -> list[str]:
    """Where ``table`` differs from the stored CSV file: one phrase per cell."""
    old = tables.read(stored)
    fresh = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    if list(old.columns) != list(fresh.columns) or len(old) != len(fresh):
        return [f"other rows or columns: {old.shape} stored, {fresh.shape} now"]
    phrases = []
    for column in old.columns:
        for row, (before, now) in enumerate(zip(old[column], fresh[column], strict=True)):
            if pd.isna(before) and pd.isna(now):
                continue
            numbers = isinstance(before, float) and isinstance(now, float)
            if not (abs(before - now) <= _tolerance(old.iloc[row], column) if numbers else before == now):
                phrases.append(f"row {row + 1} {column}: {before} stored, {now} now")
    return phrases


def _tolerance(row: pd.Series, column: str) -> float:
    """How far a figure of ``row`` may be from the stored one; a class's figures hang on its own beats."""
    beats = row.get(f"{column.rpartition('_')[0]}_n", row.get("n", row.get("beats", 1)))
    percent = 100.0 if "_points" in column else 1.0
    return percent * max(REPRINT_DIGITS, REPRINT_BEATS / max(float(beats), 1.0))


def _scored_rows(data: Dataset, partitions: Split, config: RunConfig) -> NDArray[np.int64]:
    """The test beats, and those outside the class set in the test partition (in shuffled folds: all of them)."""
    primary = data.table["primary"].to_numpy(dtype=bool)
    labels = data.labels(CLASS_SETS[config.class_set])
    of_no_class = primary & (labels < 0)
    if config.divided_by.tests_whole_records:
        tested = np.unique(data.table["record"].to_numpy(dtype=str)[partitions.test])
        of_no_class &= np.isin(data.table["record"].to_numpy(dtype=str), tested)
    return np.sort(np.concatenate([partitions.test, np.flatnonzero(of_no_class)]))


def _part(predictions: ServedPredictions, chosen: NDArray[np.bool_]) -> ServedPredictions:
    return ServedPredictions(
        predictions.probabilities[chosen],
        predictions.verdicts[chosen],
        predictions.sets[chosen],
        predictions.ood_scores[chosen],
    )


def _verdict_row(
    protocol: str, pictures: str, predictions: ServedPredictions, truth: NDArray[np.int64] | None = None
) -> metrics.TableRow:
    """Shares of the verdicts; for beats of known class also how right the confident ones are."""
    confident = predictions.verdicts == Verdict.CONFIDENT.value
    row: metrics.TableRow = {"protocol": protocol, "pictures": pictures, "n": len(predictions.verdicts)}
    row |= {verdict.value: round(float((predictions.verdicts == verdict.value).mean()), 4) for verdict in Verdict}
    if truth is not None:
        holds = predictions.sets[np.arange(len(truth)), truth]  # of a confident answer: whether it is right
        row["confident_accuracy"] = round(float(holds[confident].mean()), 4) if confident.any() else None
        row["set_coverage"] = round(float(holds.mean()), 4)
    return row


def _separation(beats: ServedPredictions, outsiders: ServedPredictions) -> metrics.TableRow:
    """Area under the ROC curve of the OOD score: how often it is larger for an outsider than for a test beat."""
    is_outsider = np.repeat([0, 1], [len(beats.ood_scores), len(outsiders.ood_scores)])
    ood_scores = np.concatenate([beats.ood_scores, outsiders.ood_scores])
    return {"auroc": round(float(roc_auc_score(is_outsider, ood_scores)), 4)}


def _nonbeats() -> Iterator[tuple[str, Iterator[bytes]]]:
    """Kinds of pictures that are no beat, and so many files of each."""
    for index, (kind, paint) in enumerate(ood_pictures.PAINTERS.items()):
        generator = np.random.default_rng(index)
        yield kind.replace("_", " "), (_png(paint(generator)) for _ in range(NONBEAT_PICTURES))


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
