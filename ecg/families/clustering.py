"""Families of beats, gathered in one pass.

Beats join the group that they are most like, or found one; groups that have come to look alike are made one. How alike
beats are is the correlation of their shapes, each lead weighed by how readable it is; early beats and others are never
in one family, but where the rhythm is irregular throughout, and early means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.families.family import Families, Family
from ecg.features.reach import SHAPE_AFTER, SHAPE_BEFORE
from ecg.features.rhythm import EARLY
from ecg.features.stream import FEATURES, BeatBlock

MOST_FAMILIES: Final = 40
"""Families of a recording at most; the smallest go to those that they are most like."""

#: Correlation from which a beat belongs to a group, and from which two groups are one family.
_JOIN: Final = 0.9
_MERGE: Final = 0.9

#: Groups that are held at most while beats come in.
_MOST_GROUPS: Final = 160

#: Every third sample of a shape is compared.
_STEP: Final = 3

COMPARED: Final = (SHAPE_BEFORE + SHAPE_AFTER) // _STEP
"""Values of a lead that are compared."""

#: Median change between intervals, over their median, from which a rhythm is irregular throughout.
_IRREGULAR: Final = 0.15

_NAMES: Final = list(FEATURES)
_BEFORE, _IRREGULARITY = _NAMES.index("before_to_usual"), _NAMES.index("irregularity")

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FamilyGroups:
    """Beats of a piece of a recording, gathered; all pieces together make families (:meth:`FamilyGathering.join`)."""

    sums: Vectors
    """``[groups, leads, 84]``: the sum of each group's shapes, each lead of mean 0 and length 1."""
    lead_weights: NDArray[np.float32]
    """``[groups, leads]``: summed over the beats."""
    counts: NDArray[np.int64]
    early: NDArray[np.bool_]
    of_beat: NDArray[np.int32]
    """``[beats]``: place of each beat's group."""
    likeness: NDArray[np.float32]
    """``[beats]``: how much each beat is like its group."""


class FamilyGathering:
    """Takes the beats of a recording block by block, or piece by piece, and gives its families.

    Holds some hundred shapes and eight bytes a beat. The same blocks in the same order make the same families.
    """

    def __init__(self) -> None:
        self._sums: Vectors = np.empty((0, 0, 0), np.float32)
        self._counts = np.empty(0, np.int64)
        self._early = np.empty(0, np.bool_)
        self._lead_weights = np.empty((0, 0), np.float32)
        self._homes: list[NDArray[np.int32]] = []
        self._likeness: list[NDArray[np.float32]] = []
        self._home_of: list[int] = []
        """Group that each group ever founded has become part of."""
        self._ids = np.empty(0, np.int32)

    def add(self, block: BeatBlock) -> None:
        """The next block, in order of time."""
        vectors = _vectors(block.shapes)
        weights = np.maximum(block.windows.weights, 1e-3) * np.maximum(block.windows.readable, 1e-2)
        early = (block.features[:, _BEFORE] < EARLY) & ~(block.features[:, _IRREGULARITY] > _IRREGULAR)
        if not len(self._counts):
            self._sums = np.empty((0, *vectors.shape[1:]), np.float32)
            self._lead_weights = np.empty((0, vectors.shape[1]), np.float32)
        known = len(self._counts)
        shares = weights / weights.sum(axis=1, keepdims=True)
        homes, likeness = self._nearest(vectors, shares, early)
        founders = []
        for place in np.flatnonzero(likeness < _JOIN):
            alike = np.einsum("gls,ls,l->g", self._sums[known:], vectors[place], shares[place])
            alike[self._early[known:] != early[place]] = -1
            homes[place] = known + int(np.argmax(alike)) if len(alike) else -1
            likeness[place] = alike.max(initial=-1)
            if likeness[place] < _JOIN:
                homes[place] = self._found(vectors[place], bool(early[place]))
                founders.append(place)
        self._sums[known:] = 0  # founders are added with all others
        np.add.at(self._sums, homes, vectors)
        np.add.at(self._lead_weights, homes, weights.astype(np.float32))
        np.add.at(self._counts, homes, 1)
        middles = self._middles()
        for place in founders:  # each was like itself, and is judged by those that joined it
            alike = float((vectors[place] * middles[homes[place]]).sum(axis=1) @ shares[place])
            likeness[place] = alike if self._counts[homes[place]] > 1 else _JOIN
        self._homes.append(self._ids[homes])
        self._likeness.append(likeness)
        if len(self._counts) > _MOST_GROUPS:
            self._merge_until(_MOST_GROUPS // 2, least=-1.0)

    def groups(self) -> FamilyGroups:
        """What came so far, of a piece of a recording, for :meth:`join`."""
        place_of = np.zeros(len(self._home_of), np.int32)
        place_of[self._ids] = np.arange(len(self._ids))
        of_beat, likeness = self._gathered()
        return FamilyGroups(
            self._sums.copy(),
            self._lead_weights.copy(),
            self._counts.copy(),
            self._early,
            place_of[of_beat].astype(np.int32),
            likeness,
        )

    def join(self, piece: FamilyGroups) -> None:
        """The groups of the next piece, in order of time: each joins the one that it is most like, or stays alone."""
        if not len(piece.counts):
            return
        if not len(self._counts):
            self._sums = np.empty((0, *piece.sums.shape[1:]), np.float32)
            self._lead_weights = np.empty((0, piece.sums.shape[1]), np.float32)
        known = len(self._counts)
        middles = piece.sums / (np.linalg.norm(piece.sums, axis=2, keepdims=True) + np.float32(1e-9))
        shares = piece.lead_weights / np.maximum(piece.lead_weights.sum(axis=1, keepdims=True), 1e-9)
        homes, likeness = self._nearest(middles, shares, piece.early)
        alone = likeness < _JOIN
        homes[alone] = known + np.arange(np.count_nonzero(alone))
        for place in np.flatnonzero(alone):
            self._found(piece.sums[place], bool(piece.early[place]))
        self._sums[known:] = 0
        np.add.at(self._sums, homes, piece.sums)
        np.add.at(self._lead_weights, homes, piece.lead_weights)
        np.add.at(self._counts, homes, piece.counts)
        self._homes.append(self._ids[homes][piece.of_beat])
        self._likeness.append(piece.likeness)
        if len(self._counts) > _MOST_GROUPS:
            self._merge_until(_MOST_GROUPS // 2, least=-1.0)

    def _gathered(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The number of the group that each beat has come to, and how much the beat was like it."""
        self._homes = [np.concatenate([np.empty(0, np.int32), *self._homes])]
        self._likeness = [np.concatenate([np.empty(0, np.float32), *self._likeness])]
        homes, likeness = self._homes[0], self._likeness[0]
        group_of = np.array([self._root(home) for home in range(len(self._home_of))], np.int32)
        return (group_of[homes] if len(homes) else homes), likeness

    def finish(self) -> Families:
        """The families of all beats that came.

        A family is several groups that have come to look alike. How much a beat is like its own group says nothing of
        the others, so the beats of the largest one are the most typical.
        """
        group_of_beat, _ = self._gathered()
        self._merge_until(1, least=_MERGE)
        self._merge_until(MOST_FAMILIES, least=-1.0)
        of_beat, likeness = self._gathered()
        order = np.lexsort((self._ids, -self._counts))
        place_of = np.zeros(len(self._home_of), np.int16)
        place_of[self._ids[order]] = np.arange(len(order))
        places = place_of[of_beat]
        del of_beat
        families = []
        for place, group in enumerate(order):
            members = np.flatnonzero(places == place)
            in_largest = group_of_beat[members] == np.bincount(group_of_beat[members]).argmax()
            members = members[np.lexsort((likeness[members], in_largest))]
            families.append(Family(bool(self._early[group]), members, int(members[-1])))
        return Families(tuple(families), places)

    def _root(self, home: int) -> int:
        while self._home_of[home] != home:
            home = self._home_of[home]
        return home

    def _nearest(
        self, vectors: Vectors, shares: NDArray[np.floating], early: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The group that each beat is most like, and how much; -1 and -1 where there is none of its kind."""
        if not len(self._counts) or not len(vectors):
            return np.full(len(vectors), -1), np.full(len(vectors), -1, np.float32)
        alike = _correlations(vectors, self._middles(), [shares[:, lead, None] for lead in range(shares.shape[1])])
        alike[early[:, None] != self._early[None, :]] = -1
        return np.argmax(alike, axis=1), alike.max(axis=1).astype(np.float32)

    def _middles(self) -> Vectors:
        """The groups' mean shapes, each lead of length 1."""
        return self._sums / (np.linalg.norm(self._sums, axis=2, keepdims=True) + np.float32(1e-9))

    def _found(self, vector: Vectors, early: bool) -> int:
        """A new group that looks like a beat, and still counts none."""
        self._sums = np.concatenate([self._sums, vector[None]])
        nothing = np.zeros((1, len(vector)), np.float32)
        self._lead_weights = np.concatenate([self._lead_weights, nothing])
        self._counts = np.append(self._counts, 0)
        self._early = np.append(self._early, early)
        self._ids = np.append(self._ids, np.int32(len(self._home_of)))
        self._home_of.append(len(self._home_of))
        return len(self._counts) - 1

    def _merge_until(self, most: int, least: float) -> None:
        """Make the two groups one that are most alike, again and again, while there are more than ``most`` and any two
        are at least as alike as ``least``. Where all may be merged, the smallest group goes first.
        """
        while len(self._counts) > most:
            middles = self._middles()
            weights = self._lead_weights / np.maximum(self._counts, 1)[:, None]
            together = [np.sqrt(np.outer(weight, weight)) for weight in weights.T]
            alike = _correlations(middles, middles, together) / np.maximum(sum(together), 1e-9)
            alike[self._early[:, None] != self._early[None, :]] -= 2
            np.fill_diagonal(alike, -np.inf)
            if least < 0:
                small = int(np.lexsort((np.arange(len(self._counts)), self._counts))[0])
                pair = small, int(np.argmax(alike[small]))
            else:
                first, second = np.unravel_index(int(np.argmax(alike)), alike.shape)
                pair = int(first), int(second)
                if alike[pair] < least:
                    return
            self._merge(*pair)

    def _merge(self, one: int, other: int) -> None:
        """Put the smaller of two groups into the other."""
        large, small = (one, other) if self._counts[one] >= self._counts[other] else (other, one)
        self._sums[large] += self._sums[small]
        self._lead_weights[large] += self._lead_weights[small]
        self._counts[large] += self._counts[small]
        self._home_of[int(self._ids[small])] = int(self._ids[large])
        kept = np.arange(len(self._counts)) != small
        self._sums, self._lead_weights = self._sums[kept], self._lead_weights[kept]
        self._counts, self._early, self._ids = self._counts[kept], self._early[kept], self._ids[kept]


def _correlations(some: Vectors, others: Vectors, weights: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Sum over leads of weighted correlations, ``[some, others]``; the weights of a lead broadcast to that shape."""
    result = np.zeros((len(some), len(others)))
    for lead, weight in enumerate(weights):
        result += weight * (some[:, lead] @ others[:, lead].T)
    return result


def _vectors(shapes: Vectors) -> Vectors:
    """Shapes with each lead of mean 0 and length 1, ``[n, leads, samples]``."""
    vectors = shapes[:, :, ::_STEP]
    vectors = vectors - vectors.mean(axis=2, keepdims=True)
    return vectors / (np.linalg.norm(vectors, axis=2, keepdims=True) + np.float32(1e-9))
