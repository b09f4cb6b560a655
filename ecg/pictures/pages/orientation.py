"""Which way up a page is read: traces run from left to right, and words stand on their feet."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.strokes import runs_of
from ecg.pictures.pages.ink import Ink, ink_of
from ecg.pictures.pages.lettering import NAMES
from ecg.pictures.pages.words import Word, words_of

#: So many words that were read make sure that a page is not upside down.
_ENOUGH: Final = 3
#: One word alone says so against where words stand if it is as like what it says as this (correlation).
_CLEAR: Final = 0.8
#: And so many that it stands on its side where its traces seem to lie level.
_ENOUGH_ACROSS: Final = 4
#: Ink in one piece of so many millimetres, or more, is a trace's.
_TRACE: Final = 9.0
#: Words of so many letters or more, this number of them at least, of which this share stands on one side of what is
#: drawn, in pieces of this share of the widest one's width.
_LETTERS: Final = 2
_SOME: Final = 2
_MOST: Final = 0.8
_LONG: Final = 0.5


class Upright(NamedTuple):
    """Ink the right way up."""

    ink: Ink
    quarters: int
    """Quarter turns counter-clockwise by which it was turned for that."""
    words: list[Word]


def as_stated(ink: Ink, millimetre: float) -> tuple[Upright, bool]:
    """The ink as it is, its way up being stated, and whether its words say otherwise."""
    first, *others = (_turned(ink, quarters, millimetre) for quarters in range(4))
    most = max(_told(other.words) for other in others)
    return first, most >= _ENOUGH and most > 2 * _told(first.words)


def upright(ink: Ink, millimetre: float) -> Upright:
    """The ink turned so that it can be read."""
    lying = 1 if _lies(ink, millimetre) else 0
    ways: dict[int, Upright] = {}
    for quarters in (lying, lying + 2, 1 - lying, 3 - lying):
        ways[quarters] = _turned(ink, quarters, millimetre)
        if _told(ways[quarters].words) >= (_ENOUGH if (quarters - lying) % 2 == 0 else _ENOUGH_ACROSS):
            return ways[quarters]
    first, other = ways[lying], ways[lying + 2]
    said = _by_words(first, other)
    if said is not None:
        return said
    # Without words: most waves of most people's leads that stand out stand up.
    return first if lying == 0 or _skewness(first.ink) >= _skewness(other.ink) else other


def _by_words(first: Upright, other: Upright) -> Upright | None:
    """Which of two ways, upside down to each other, what is written speaks for: by what it says, or where it stands;
    None where it says nothing.
    """
    told = _told(first.words), _told(other.words)
    begins = _begins(first)
    if told[0] != told[1] and (begins is None or max(told) > 1 or _are_clear([*first.words, *other.words])):
        return first if told[0] > told[1] else other
    if begins is not None:
        return first if begins else other
    return None


def _turned(ink: Ink, quarters: int, millimetre: float) -> Upright:
    if quarters:
        turned = ink_of(np.ascontiguousarray(np.rot90(ink.depth, quarters)))
        ink = turned if turned is not None else ink
    return Upright(ink, quarters, words_of(ink, millimetre))


def _begins(way: Upright) -> bool | None:
    """Whether what is written stands where rows begin, not where they end; None where it does neither.

    Words that can't be read are written from the left, too.
    """
    widths = way.ink.widths()
    across = way.ink.boxes[1:][widths[1:] >= _LONG * widths.max()]
    middle = (across[:, 0].min() + across[:, 2].max()) / 2
    places = np.array([(word.box[0] + word.box[2]) / 2 for word in way.words if len(word.pieces) >= _LETTERS])
    left = float((places < middle).mean()) if len(places) >= _SOME else 0.5
    return True if left >= _MOST else False if left <= 1 - _MOST else None


def _told(words: list[Word]) -> int:
    """How much is read: different words of several letters that are not the same upside down.

    Beats that stand on their sides look like one and the same word again and again.
    """
    return len({word.text for word in words if _says_way_up(word)})


def _says_way_up(word: Word) -> bool:
    return (len(word.text) > 1 and word.text not in {"II", "III"}) or word.text in NAMES[3:]


def _are_clear(words: list[Word]) -> bool:
    """Whether a word that says the way up is like enough to what it says: blurred ones look like others by chance."""
    return any(_says_way_up(word) and word.likeness >= _CLEAR for word in words)


def _lies(ink: Ink, millimetre: float) -> bool:
    """Whether time runs along the columns: a trace passes each moment once, but each voltage again with every beat."""
    traces = np.maximum(ink.widths(), ink.heights()) >= _TRACE * millimetre
    traces[0] = False
    mask = traces[ink.labels]
    return _passes(mask, ink.labels) > _passes(mask.T, ink.labels.T)


def _passes(mask: NDArray[np.bool_], labels: NDArray[np.int32]) -> float:
    """How often pieces of ink pass a column that they touch; 0 without ink."""
    runs = runs_of(mask)
    touched = np.unique(labels[runs.starts, runs.columns].astype(np.int64) * mask.shape[1] + runs.columns)
    return len(runs.columns) / max(1, len(touched))


def _skewness(ink: Ink) -> float:
    """Above 0 where tall runs of ink reach farther up than down from where the most ink lies."""
    counts = ink.mask.sum(axis=1).astype(np.float64)
    rows = np.arange(len(counts))
    wide = ink.widths()[ink.labels[ink.runs.starts, ink.runs.columns]] > 20 * ink.thickness
    tall = wide & (ink.runs.ends - ink.runs.starts > 5 * ink.thickness)
    if not tall.any():
        return 0.0
    peak = rows[counts.argmax()]
    return float(np.mean(peak - (ink.runs.starts[tall] + ink.runs.ends[tall]) / 2))
