"""What a version tells of each class and of single leads, in people it had never seen: written into its file from the
stored tables and predictions.

Scores are those of the scores table, so the file says what the model card says; whose beats they are is counted in the
stored predictions. ``export`` and ``recalibrate`` tell the same of what they write.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS
from inference_server.models.onnx_model import OnnxModel
from training import TrainingError
from training.databases import marked
from training.databases.marked import mitdb, ptbxl
from training.datasets.sources import PTBXL
from training.evaluation import tables
from training.evaluation.metrics import class_score_names
from training.export import model_file, out_of_fold_decision, tree_node
from training.learning.predictions import Predictions

_WHAT = "tells the scores of each class, and how often it is right in single leads; the graph is the same"

_OLDER = "has its trees as older versions of onnxruntime know them; it answers the same"

#: What :func:`training.export.model_file.write` adds by itself.
_ADDED = ("version", "sha256", "bytes")

#: What the server reads (:mod:`inference_server.models.onnx_model`).
_SERVED = (
    "format",
    "name",
    "classes",
    "input",
    "decision",
    "training_run",
    "data_digest",
    "scores",
    "licence",
    "profile",
    "confident_answers",
    "lead_answers",
)


class DescribingError(TrainingError):
    """The stored table or the stored predictions don't tell what a file should; ``str(error)`` says why."""


def class_scores(table: pd.DataFrame, stored: Predictions, people: NDArray[np.str_]) -> dict[str, float]:
    """Scores by ``<protocol>/<class>/<score>``, as :func:`training.evaluation.metrics.class_scores` names them.

    Args:
        table: the stored scores of the run that ``stored`` are of; its row over all sources counts.
        stored: predictions of that run for its test partition.
        people: the person behind each prediction, ``[N]``.

    Raises:
        DescribingError: the run knows its test people, or the table is not about these predictions.
    """
    config = stored.config
    if not config.divided_by.by_person:
        raise DescribingError(f"{config.name} knows the people it is tested by.")
    rows = table[(table["recipe"] == config.name) & (table["class_set"] == config.class_set)]
    if rows.empty:
        raise DescribingError(f"The stored table has no scores of {config.name}.")
    row = rows.loc[rows["n"].idxmax()]
    truth = stored.truth
    scores: dict[str, float] = {}
    for label, beat_class in enumerate(CLASS_SETS[config.class_set]):
        beats = int((truth == label).sum())
        if beats != row[f"{beat_class.short}_n"]:
            raise DescribingError(
                f"The stored table counts other beats of {beat_class.short} than {config.name} predicted."
            )
        if not beats:
            continue
        names = class_score_names(config.protocol, beat_class.short)
        scores[names.sensitivity] = float(row[f"{beat_class.short}_Se"])
        if not pd.isna(row[f"{beat_class.short}_+P"]):
            scores[names.positive_predictivity] = float(row[f"{beat_class.short}_+P"])
        scores[names.beats] = float(beats)
        scores[names.people] = float(len(np.unique(people[truth == label])))
    return scores


def people_behind(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """The person behind each record's name, ``[N]``. PTB-XL has several records of some people, which its table tells.

    Raises:
        RecordsError: there are PTB-XL records, and ``PTBXL_DIR`` does not name their database.
    """
    person_of = {}
    patients = ptbxl.patients(PTBXL.folder()) if any(tables.source_of(name) == "PTB-XL" for name in names) else {}
    for name in np.unique(names).tolist():
        if tables.source_of(name) == "PTB-XL":
            if name not in patients:
                raise marked.RecordsError(f"{PTBXL.folder()} does not tell whose record {name} is.")
            person_of[name] = patients[name]
        else:
            person_of[name] = mitdb.patient_of(name)
    return np.array([person_of[name] for name in names.tolist()])


def lead_answers(folder: Path, stored: Sequence[Predictions], testing: NDArray[np.str_]) -> list[dict[str, Any]]:
    """The entry ``lead_answers`` of the version in ``folder``, see :mod:`training.export.out_of_fold_decision`.

    Args:
        stored: predictions of ``people-5fold``, of several recipes; those count that decided the version's thresholds.
        testing: the people who test by person, and so have no say in thresholds.

    Raises:
        DescribingError: there are none of that recipe.
    """
    metadata = _metadata(folder)
    folds = [fold for fold in stored if out_of_fold_decision.recipe_of(fold) == metadata.get("decided_on")]
    if not folds:
        raise DescribingError(f"There are no stored predictions of what {folder} was decided on.")
    shorts = [beat_class["short"] for beat_class in metadata["classes"]]
    return out_of_fold_decision.lead_answers(folds, shorts, frozenset(testing.tolist()))


def differences(
    folder: Path, expected: dict[str, float], of_leads: Sequence[dict[str, Any]] | None = None
) -> list[str]:
    """Where the file of the version in ``folder`` tells anything else: one phrase for each.

    Args:
        expected: scores.
        of_leads: see :func:`lead_answers`; None where they don't matter.

    Raises:
        ModelError: there is no usable version.
    """
    scores = OnnxModel.load(folder).info.scores
    wrong = [
        f"{name}: {scores.get(name)} in the file, {value} stored"
        for name, value in expected.items()
        if scores.get(name) != value
    ]
    if of_leads is not None and _metadata(folder).get("lead_answers") != of_leads:
        wrong.append("what is known of single leads is not what the stored predictions say")
    return wrong


def describe(folder: Path, scores: dict[str, float], of_leads: Sequence[dict[str, Any]] = ()) -> Path:
    """Write the version in ``folder`` once more with ``scores`` beside its others; the graph stays as it is.

    ``of_leads``, where there are any, take the place of those in the file.

    Returns:
        The ONNX file.

    Raises:
        ModelError: there is no usable version.
    """
    OnnxModel.load(folder)  # nothing is made of a broken version
    before = _metadata(folder)
    told: dict[str, Any] = {"scores": {**before["scores"], **scores}}
    if of_leads:
        told["lead_answers"] = list(of_leads)
    return _rewritten(onnx.load(folder / "model.onnx"), before, told, _WHAT, folder)


def portable(folder: Path, repository: Path) -> Path:
    """Write the version in ``folder`` into another repository, with trees as older versions of onnxruntime know them.

    Returns:
        The ONNX file.

    Raises:
        ModelError: there is no usable version.
        DescribingError: the other repository has this version.
    """
    OnnxModel.load(folder)
    before = _metadata(folder)
    target = repository / before["name"] / folder.name
    if target.exists():
        raise DescribingError(f"{target} exists; name another folder.")
    model = tree_node.for_older_runtimes(onnx.load(folder / "model.onnx"))
    return _rewritten(model, before, {}, _OLDER, target)


def _rewritten(
    model: onnx.ModelProto, before: Mapping[str, Any], told: Mapping[str, object], what: str, target: Path
) -> Path:
    """Write a version once more into ``target``: the file's metadata ``before``, with what it tells anew."""
    metadata = {key: before[key] for key in _SERVED if key in before} | dict(told)
    facts = {key: value for key, value in before.items() if key not in (*_SERVED, *_ADDED)} | {
        "rewritten": {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "from_sha256": before["sha256"],
            "what": what,
        }
    }
    written = model_file.write(model, metadata, facts, target)
    OnnxModel.load(target)
    return written


def _metadata(folder: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads((folder / "metadata.json").read_text())
    return metadata
