"""What is wrong with a data set of class folders: shared and near-identical pictures, and likely wrong labels."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from sklearn.decomposition import PCA
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

#: Perceptual hashes take the beats of one person for one picture: thin lines leave most of their bits to chance. So
#: the measure is the distance of the blurred pictures as unit vectors, 0 to 1.4. A picture drawn again at twice the
#: size has 0.01, after JPEG at quality 90 some 0.03; among 1,500 beats of one person one in a thousand comes nearer to
#: another than 0.046.
NEAR = 0.04
_BLUR = 1.5

#: Pictures compared at a time with all others; bounds memory.
_AT_ONCE = 256

#: Pairs that are listed at most; a data set that is copies through and through needs no longer list.
MOST_PAIRS = 10_000

#: Out-of-fold predictions come from this many folds, of the nearest neighbours in principal components.
FOLDS = 5
_COMPONENTS = 40
_NEIGHBOURS = 10
#: The least probability of another class. Few pictures have no neighbours that say anything, and then a fifth is usual.
_SURE = 0.5

#: What a finding can be.
BOTH_PARTITIONS = "in both partitions"
VALIDATED = "validated on"
TWO_CLASSES = "in two classes"
NEAR_DUPLICATE = "near-duplicate"
MISLABELLED = "likely mislabelled"

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a picture. The fields are the columns of the CSV file."""

    kind: str
    file: str
    other: str
    """The other file of a pair; empty for wrong labels."""
    label: str
    """Short name of the class whose folder the file is in."""
    better: str
    """Short name of the class of the other file, or that the picture looks like."""
    figure: float
    """Probability of the better class (wrong labels) or distance (pairs)."""


def audit(files: pd.DataFrame, pixels: NDArray[np.uint8], progress: Progress = lambda _done: None) -> list[Finding]:
    """Everything that is found, worst kind first.

    Args:
        files: one row for each picture, see :func:`training.datasets.folders.read_files`.
        pixels: canonical pixels in the same order, ``uint8 [N, height, width, 1]``.
        progress: called with the fraction that is done.
    """
    pairs = list(_same_content(files))
    progress(0.05)
    near = list(_near_duplicates(files, pixels, lambda done: progress(0.05 + 0.45 * done)))
    wrong = list(_likely_mislabelled(files, pixels, lambda done: progress(0.5 + 0.5 * done)))
    return [*pairs, *near, *wrong]


def write(findings: Sequence[Finding], path: Path) -> None:
    """Write the findings as CSV."""
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as lines:
        writer = csv.writer(lines)
        writer.writerow([field.name for field in fields(Finding)])
        writer.writerows(astuple(finding) for finding in findings)


def sentences(findings: Sequence[Finding]) -> list[str]:
    """What people should know, one sentence for each kind that occurs."""
    by_kind = {kind: [finding for finding in findings if finding.kind == kind] for kind in _SENTENCES}
    return [
        sentence.format(count=len(of_kind), example=_example(of_kind[0]))
        for kind, sentence in _SENTENCES.items()
        if (of_kind := by_kind[kind])
    ]


_SENTENCES = {
    BOTH_PARTITIONS: "{count:,} test pictures are also in the training partition ({example}).",
    VALIDATED: "{count:,} validation pictures are also in the training partition ({example}).",
    TWO_CLASSES: "{count:,} pictures lie in the folders of two classes ({example}).",
    NEAR_DUPLICATE: "{count:,} test pictures look like a training picture drawn again ({example}).",
    MISLABELLED: "{count:,} pictures look like another class than their folder says ({example}).",
}


def _example(finding: Finding) -> str:
    return f"{finding.file} = {finding.other}" if finding.other else f"{finding.file} looks like {finding.better}"


#: The kinds of finding that a picture in a later partition is, if it is in one of the earlier partitions too.
_LEAKS = ((BOTH_PARTITIONS, "test", ("train", "validation")), (VALIDATED, "validation", ("train",)))


def _same_content(files: pd.DataFrame) -> Iterator[Finding]:
    for _, group in files.groupby("content", sort=False):
        if len(group) < 2:
            continue
        first = group.iloc[0]
        for kind, partition, earlier in _LEAKS:
            earlier_copies = group[group["partition"].isin(earlier)]
            for row in group[group["partition"] == partition].itertuples() if len(earlier_copies) else ():
                twin = earlier_copies.iloc[0]
                yield Finding(kind, row.file, twin["file"], row.label, twin["label"], 0.0)
        for row in group[group["label"] != first["label"]].itertuples():
            yield Finding(TWO_CLASSES, row.file, first["file"], row.label, first["label"], 0.0)


def _near_duplicates(files: pd.DataFrame, pixels: NDArray[np.uint8], progress: Progress) -> Iterator[Finding]:
    """Test pictures that are a training or validation picture drawn again, though not the same pixels."""
    partitions = files["partition"].to_numpy(dtype=str)
    content = files["content"].to_numpy(dtype=str)
    train = np.flatnonzero(partitions != "test")
    test = np.flatnonzero(partitions == "test")
    test = test[~np.isin(content[test], content[train])]
    if not len(train):
        return
    trained = _blurred(pixels[train])
    pairs = 0
    for start in range(0, len(test), _AT_ONCE):
        rows = test[start : start + _AT_ONCE]
        alike = _blurred(pixels[rows]) @ trained.T
        nearest = alike.argmax(axis=1)
        distances = np.sqrt(np.maximum(0, 2 - 2 * alike.max(axis=1)))
        for row, twin, distance in zip(rows, train[nearest], distances, strict=True):
            if distance <= NEAR and pairs < MOST_PAIRS:
                pairs += 1
                own, other = files.iloc[row], files.iloc[twin]
                figure = round(float(distance), 4)
                yield Finding(NEAR_DUPLICATE, own["file"], other["file"], own["label"], other["label"], figure)
        progress((start + len(rows)) / len(test))


def _blurred(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unit vectors of blurred ink, one row for each picture."""
    ink = gaussian_filter(255 - pixels[..., 0].astype(np.float32), (0, _BLUR, _BLUR))[:, ::2, ::2]
    flat = ink.reshape(len(pixels), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def _likely_mislabelled(files: pd.DataFrame, pixels: NDArray[np.uint8], progress: Progress) -> Iterator[Finding]:
    """Confident learning (Northcutt, Jiang & Chuang 2021) on out-of-fold probabilities.

    A picture is counted to the class that is most probable among those whose probability reaches what that class's own
    pictures get on average. If that is another class than its folder's, the label is likely wrong. Copies of a picture
    are always in the same fold, so that a wrong label can't vouch for itself.
    """
    labels, shorts = pd.factorize(files["label"], sort=True)
    groups, _ = pd.factorize(files["content"])
    distinct = files.groupby("label")["content"].nunique()
    folds = min(FOLDS, int(distinct.min()))
    if len(shorts) < 2 or folds < 2:
        return
    small = pixels[:, ::2, ::2, 0].reshape(len(pixels), -1).astype(np.float32) / 255
    probabilities = np.zeros((len(files), len(shorts)))
    divided = StratifiedGroupKFold(folds, shuffle=True, random_state=0).split(small, labels, groups)
    for number, (fitted, held_out) in enumerate(divided):
        classifier = make_pipeline(
            PCA(min(_COMPONENTS, len(fitted)), random_state=0),
            KNeighborsClassifier(min(_NEIGHBOURS, len(fitted))),
        )
        classifier.fit(small[fitted], labels[fitted])
        probabilities[np.ix_(held_out, classifier.classes_)] = classifier.predict_proba(small[held_out])
        progress((number + 1) / folds)
    usual = np.array([probabilities[labels == label, label].mean() for label in range(len(shorts))])
    plausible = np.where(probabilities >= usual, probabilities, -1.0)
    counted = plausible.argmax(axis=1)
    sure = plausible.max(axis=1) >= _SURE
    wrong = sure & (counted != labels)
    for row in np.flatnonzero(wrong)[np.argsort(-probabilities[wrong, counted[wrong]])][:MOST_PAIRS]:
        probability = round(float(probabilities[row, counted[row]]), 4)
        own = files.iloc[row]
        yield Finding(MISLABELLED, own["file"], "", own["label"], str(shorts[counted[row]]), probability)
