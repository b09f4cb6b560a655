"""Whether a whole class folder looks like another class, as a served model reads its pictures.

The audit of single pictures (:mod:`training.datasets.label_audit`) learns from the folders themselves, so it
can't see a folder that
is wrong from end to end. A model that learned elsewhere can; but it errs about new people, and mostly in the same ways:
it takes many a bundle branch block and most premature atrial beats for normal ones. So the question is not what most of
the predictions are, but of which class a folder gets such predictions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from ecg.classes import CLASS_SETS
from inference_server.models.onnx_model import OnnxModel
from training.datasets.label_audit import Finding

#: What a finding of this kind is called.
WHOLE_FOLDER: Final = "whole folder"

#: The classes of the table below, in its order.
CLASSES: Final = tuple(beat_class.short for beat_class in CLASS_SETS["seven"])

#: Share of each predicted class (columns) among the beats of a person with a class (rows), mean over the people whom a
#: network does not know: the calibrated out-of-fold predictions of ``people-5fold`` in leads that look alike, 82,213
#: beats; every person's class with eight beats or more. A test computes it again.
PREDICTED_SHARES: Final = np.array(
    [
        [0.986, 0.002, 0.005, 0.003, 0.003, 0.000, 0.000],
        [0.091, 0.665, 0.088, 0.001, 0.139, 0.001, 0.015],
        [0.265, 0.082, 0.602, 0.005, 0.044, 0.001, 0.001],
        [0.520, 0.006, 0.077, 0.248, 0.131, 0.000, 0.016],
        [0.065, 0.089, 0.060, 0.017, 0.742, 0.016, 0.010],
        [0.125, 0.007, 0.002, 0.000, 0.100, 0.765, 0.000],
        [0.093, 0.083, 0.014, 0.005, 0.036, 0.000, 0.768],
    ]
)

#: What was never predicted can still happen.
_LEAST_SHARE: Final = 0.005

#: How far one folder's predictions stay from the mean of its class: the concentration of a Dirichlet distribution. By
#: maximum likelihood, single people's have 1.3 (PACED) to 3.9 (PVC); at 1.5, a folder counts as one person.
_CONCENTRATION: Final = 1.5

#: So many pictures of a folder that holds another class may still be of its own.
_OWN_SHARE: Final = 0.2

#: The least Bayes factor against the folder's own class: "decisive" (Jeffreys 1961). Of 1,175 people's classes taken
#: for folders of their own, 18 are called another class by it, though the network did not know them.
_LEAST_FACTOR: Final = 100.0

#: The other class must be what most of the pictures are read as, or the sentence would not say why.
_LEAST_READ: Final = 0.5


@dataclass(frozen=True, slots=True)
class FolderFinding:
    """A folder whose pictures are read as another class."""

    folder: str
    """From the source's folder on."""
    label: str
    """Short name of the class that the folder stands for."""
    better: str
    """Short name of the class that its pictures look like."""
    pictures: int
    share: float
    """Share of the pictures that are read as ``better``."""
    own_share: float
    """Share that is read as the folder's own class."""
    model: str
    """Name and version of the model that read them."""

    def finding(self) -> Finding:
        """As a row of the list of findings; the figure is the share."""
        return Finding(WHOLE_FOLDER, self.folder, "", self.label, self.better, round(self.share, 4))

    def sentence(self) -> str:
        """What people should know."""
        return (
            f"The whole folder {self.folder} ({self.label}) looks like {self.better}: {self.model} reads"
            f" {self.share:.0%} of its {self.pictures:,} pictures as {self.better} and {self.own_share:.0%} as"
            f" {self.label}."
        )


def can_answer(model: OnnxModel) -> bool:
    """Whether ``model`` knows the classes that are asked about."""
    return set(CLASSES) == {beat_class.short for beat_class in model.info.classes}


def whole_folders(files: pd.DataFrame, root: Path, model: OnnxModel) -> Iterator[FolderFinding]:
    """The folders that look like another class.

    Args:
        files: one row for each picture, see :func:`training.datasets.folders.read_files`.
        root: the folder that their names begin from; each was read from there before.
        model: one that :func:`can_answer`; reads them as it does when it serves.

    Raises:
        ImageError: a picture has become unreadable since.
    """
    order = [[beat_class.short for beat_class in model.info.classes].index(short) for short in CLASSES]
    views = (model.input.view((root / file).read_bytes()).pixels[None] for file in files["file"])
    predicted = np.array([model.run(pixels).probabilities[0, order].argmax() for pixels in views])
    folders = files["file"].str.split("/").str[:2].str.join("/")
    for (folder, label), rows in files.groupby([folders, files["label"]], sort=False).indices.items():
        if label not in CLASSES:
            continue
        own, counts = CLASSES.index(label), np.bincount(predicted[rows], minlength=len(CLASSES))
        if (other := another_class(counts, own)) is not None:
            shares = counts / len(rows)
            name = f"{model.info.name} {model.info.version}"
            yield FolderFinding(
                folder, label, CLASSES[other], len(rows), float(shares[other]), float(shares[own]), name
            )


def another_class(counts: NDArray[np.int64], own: int) -> int | None:
    """The class that a folder of class ``own`` looks like, None where that is its own.

    Args:
        counts: how many of its pictures are read as each class, ``[C]``.
        own: row of :data:`PREDICTED_SHARES`, as is the prediction.
    """
    expected = PREDICTED_SHARES[own]
    factors = [
        _log_likelihood(counts, (1 - _OWN_SHARE) * row + _OWN_SHARE * expected) - _log_likelihood(counts, expected)
        for row in PREDICTED_SHARES
    ]
    factors[own] = 0.0
    other = int(np.argmax(factors))
    enough = factors[other] >= np.log(_LEAST_FACTOR) and counts[other] >= _LEAST_READ * counts.sum()
    return other if enough else None


def _log_likelihood(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    """Of a Dirichlet-multinomial distribution with the mean ``shares``, without what is the same for all means."""
    shares = np.maximum(shares, _LEAST_SHARE)
    prior = shares / shares.sum() * _CONCENTRATION
    return float(np.sum(gammaln(prior + counts) - gammaln(prior)))
