"""A person's usual beat: the middle of the most frequent shape in the minutes around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.features.reach import SHAPE_AFTER, SHAPE_BEFORE, SHAPE_MARGIN

#: Beats that are compared at most, evenly taken from those of the minutes around.
_COMPARED: Final = 160
#: Every third sample of shapes is compared.
_STEP: Final = 3

#: Correlation from which two beats have one shape.
ALIKE: Final = 0.9

#: A beat that came earlier than this share of the usual interval counts half when the most frequent shape is looked
#: for: in bigeminy both shapes are equally frequent.
_EARLY: Final = 0.85

#: With fewer beats around there is no usual one.
LEAST_BEATS: Final = 3

_WIDTH: Final = SHAPE_BEFORE + SHAPE_AFTER
_CORE: Final = slice(SHAPE_MARGIN, SHAPE_MARGIN + _WIDTH)


@dataclass(frozen=True, slots=True)
class UsualBeat:
    """What is usual around a block."""

    shape: NDArray[np.float32]
    """``[leads, SHAPE_BEFORE + SHAPE_AFTER]``, millivolts without baseline; ``nan`` where too few beats are around."""
    window: NDArray[np.float32]
    """``[leads, 2 * reach]``, millivolts as recorded, each lead's mean 0; ``nan`` likewise."""
    share: float
    """Share of the beats around that have this shape."""
    vectors: NDArray[np.float32]
    """``[compared, samples]``: the shapes that were compared, of length 1; see :func:`company`."""
    present: NDArray[np.bool_]
    """``[compared, leads]``: which leads were recorded then."""
    early: NDArray[np.bool_]
    """``[compared]``: which of them came early."""


def usual_beat(
    shapes: NDArray[np.float32],
    windows: NDArray[np.float32],
    present: NDArray[np.bool_],
    early: NDArray[np.bool_],
    scale: NDArray[np.float32],
) -> UsualBeat:
    """The usual beat of those around.

    Args:
        shapes: ``[n, leads, samples]``, with margins (:attr:`ecg.features.windows.BeatWindows.shapes`).
        windows: ``[n, leads, 2 * reach]``, millivolts, ``nan`` in gaps.
        present: ``[n, leads]`` (:attr:`ecg.features.windows.BeatWindows.present`).
        early: ``[n]``: which came early.
        scale: ``[leads]``: what each lead is multiplied with when shapes are compared; 0 leaves it out.
    """
    count, leads = len(shapes), shapes.shape[1]
    if count < LEAST_BEATS:
        shape, window = (np.full((leads, width), np.nan, np.float32) for width in (_WIDTH, windows.shape[2]))
        nothing = np.empty((0, leads), np.bool_)
        return UsualBeat(shape, window, 0.0, np.empty((0, 0), np.float32), nothing, np.empty(0, np.bool_))
    taken = np.linspace(0, count - 1, min(count, _COMPARED)).round().astype(int)
    vectors = _vectors(shapes[taken], scale)
    likeness = _likeness((vectors, present[taken]), (vectors, present[taken]))
    members, share = _most_frequent(likeness, early[taken])
    chosen = taken[members]
    level = windows[chosen] - _mean(windows[chosen])
    shape, window = np.median(shapes[chosen][..., _CORE], axis=0), _median(level)
    # Of a lead that was recorded for a part of the time, the beats of which it has all.
    for lead in np.flatnonzero(~present[chosen].all(axis=0)):
        there, whole = present[chosen, lead], np.isfinite(level[:, lead]).all(axis=1)
        if there.any():
            shape[lead] = np.median(shapes[chosen[there], lead, _CORE], axis=0)
        if whole.any():
            window[lead] = np.median(level[whole, lead], axis=0)
    return UsualBeat(shape, window, share, vectors, present[taken], early[taken])


def _likeness(
    one: tuple[NDArray[np.float32], NDArray[np.bool_]], other: tuple[NDArray[np.float32], NDArray[np.bool_]]
) -> NDArray[np.float32]:
    """Correlation of vectors, ``[n, m]``, each pair in the leads that both have; 1 of pairs that have none: there is
    nothing in which they differ.
    """
    (vectors, present), (others, theirs) = one, other
    products = vectors @ others.T
    if present.all() and theirs.all():
        return products
    squares, squares_there = (_squares(values, len(present[0])) for values in (vectors, others))
    lengths = np.sqrt((squares @ theirs.T.astype(np.float32)) * (present.astype(np.float32) @ squares_there.T))
    common = present.astype(np.float32) @ theirs.T.astype(np.float32) > 0
    result: NDArray[np.float32] = np.where(common, products / (lengths + np.float32(1e-9)), np.float32(1))
    return result


def _squares(vectors: NDArray[np.float32], leads: int) -> NDArray[np.float32]:
    """Squared lengths of each lead's part, ``[n, leads]``."""
    squares: NDArray[np.float32] = np.square(vectors).reshape(len(vectors), leads, -1).sum(axis=2)
    return squares


def _most_frequent(alike: NDArray[np.float32], early: NDArray[np.bool_]) -> tuple[NDArray[np.intp], float]:
    """Places of the beats of the most frequent shape by how like each other they are, and their share."""
    partners = (alike > ALIKE) @ np.where(early, 0.5, 1.0)
    leader = int(np.argmax(partners * np.where(early, 0.5, 1.0)))
    members = np.flatnonzero(alike[leader] > ALIKE)
    share = len(members) / len(alike)
    if len(members) < LEAST_BEATS:
        members = np.sort(np.argsort(-alike[leader], kind="stable")[:LEAST_BEATS])
    return members, share


def _vectors(shapes: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shapes of all leads as vectors of length 1, so that a product is a correlation, ``[n, samples]``."""
    vectors = shapes[:, :, _CORE][:, :, ::_STEP] * scale[:, None]
    vectors = (vectors - vectors.mean(axis=2, keepdims=True)).reshape(len(vectors), vectors.shape[1] * vectors.shape[2])
    return vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)


def company(
    usual: UsualBeat, shapes: NDArray[np.float32], present: NDArray[np.bool_], scale: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each of ``shapes``, ``[n, leads, samples]`` with margins, in the leads that are ``present``, ``[n, leads]``:
    the share of the beats around that are like it, and the share of these that came early, itself among them; ``[n]``
    each, ``nan`` where too few beats are around.
    """
    if not len(usual.vectors):
        return np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    alike = _likeness((_vectors(shapes, scale), present), (usual.vectors, usual.present)) > ALIKE
    count = alike.sum(axis=1)
    return count / alike.shape[1], (alike & usual.early).sum(axis=1) / np.maximum(count, 1)


def _mean(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of what is known in each window, ``[n, leads, 1]``; 0 where nothing is."""
    known = np.isfinite(windows)
    total = np.where(known, windows, 0).sum(axis=2, keepdims=True)
    return total / np.maximum(known.sum(axis=2, keepdims=True), 1)


def _median(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median over beats of what is known, ``nan`` where nothing is."""
    if np.isfinite(windows).all():
        return np.median(windows, axis=0)
    ordered = np.sort(windows, axis=0)  # nan comes last
    known = np.isfinite(ordered).sum(axis=0)
    low, high = (np.maximum(known - 1, 0) // 2)[None], np.minimum(known // 2, len(windows) - 1)[None]
    pair = [np.take_along_axis(ordered, places, axis=0)[0] for places in (low, high)]
    return np.where(known > 0, (pair[0] + pair[1]) / 2, np.float32(np.nan)).astype(np.float32)
