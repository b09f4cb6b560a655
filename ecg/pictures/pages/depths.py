"""Words read where more, or less, depth is ink than of the traces: print may be fainter than these, as small letters of
a photograph are, and the grid's bold lines run into letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy import ndimage

from ecg.pictures.pages.ink import Ink, Mask, boxes_of
from ecg.pictures.pages.layouts import BARS
from ecg.pictures.pages.words import MOST_WORDS, Word, words_of

#: So much of a page is paper and fine grid: of what covers a twentieth, blurred traces and letters may have half.
_PAPER_QUANTILE: Final = 0.85
#: From the grid's depth to full ink, faint letters begin at this share, grey levels at least; deep ones at this.
_FAINT: Final = 0.25
_LEAST: Final = 18.0
_DEEP: Final = 0.55
#: What is in more pieces is a texture or the grid, and reading it would take long: of a page it is some hundreds.
_MOST_PIECES: Final = 2000


def with_other_depths(words: Sequence[Word], ink: Ink, millimetre: float, go_on: Callable[[], None]) -> list[Word]:
    """Words of a page with those that are only read where more or less depth is enough for ink: a longer one takes the
    place of its parts.

    Args:
        words: What was read of its ink.
        ink: Of the page.
        millimetre: Pixels.
        go_on: Called before each further reading; may end the work by raising.
    """
    found = list(words)
    for other in _at_other_depths(ink) if len(words) <= MOST_WORDS else ():
        go_on()
        for word in words_of(other, millimetre) if len(other.boxes) <= _MOST_PIECES else ():
            if not word.text or word.text in BARS:
                continue
            beside = [known for known in found if _overlap(word, known)]
            if all(len(known.text) < len(word.text) for known in beside):
                found = [known for known in found if known not in beside] + [word]
    return found


def _at_other_depths(ink: Ink) -> Iterator[Ink]:
    """The same page, told by its letters: its runs and its pen stay those of its traces."""
    paper = min(ink.grid, float(np.quantile(ink.depth[::2, ::2], _PAPER_QUANTILE)))
    faint = paper + max(_FAINT * (ink.deepest - paper), _LEAST)
    deep = ink.grid + _DEEP * (ink.deepest - ink.grid)
    yield _told_by(ink, ink.depth >= faint, paper)
    yield _told_by(ink, ink.depth >= deep, ink.grid)
    # Of thin strokes, what is deep enough lies in pieces.
    yield _told_by(ink, ndimage.binary_closing(ink.mask, np.ones((3, 3))), ink.grid)


def _told_by(ink: Ink, mask: Mask, grid: float) -> Ink:
    labels, number = ndimage.label(mask, structure=np.ones((3, 3)))
    return replace(ink, mask=mask, labels=labels, boxes=boxes_of(labels, number), grid=grid)


def _overlap(one: Word, other: Word) -> bool:
    left, top, right, bottom = one.box
    return left < other.box[2] and other.box[0] < right and top < other.box[3] and other.box[1] < bottom
