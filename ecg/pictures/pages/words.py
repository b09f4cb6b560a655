"""Printed words read by comparison: names of leads, speed and gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.pages.ink import SHARP, Ink
from ecg.pictures.pages.lettering import HEIGHT, NAMES, NUMBERS, UNITS, by_width
from ecg.pictures.pages.rows import TRACE_WIDTH

#: How high a letter is, mm.
_HIGHEST: Final = 6.5
_LOWEST: Final = 1.1
#: What has more pieces of that size is a texture, and reading it would take long.
_MOST_LETTERS: Final = 4000
#: Letters of a word are no farther apart than this share of its height.
_SPACE: Final = 0.34
#: Of two groups of letters, one is so low beside the other where its space was told by letters without ascenders.
_LOW: Final = 0.72
#: The widths of a word in different fonts, as a share.
_WIDTHS: Final = 0.3
#: A letter beside another is no farther away than this share of its height; ink covers this share of it there, and
#: so much of what lies so many pixels beyond its ends, where a trace would go on.
_NEXT: Final = 0.6
_SAME: Final = 0.95
_ENDS: Final = 0.4
_BEYOND: Final = 3
#: Bars of a name stand no farther apart than this share of their height, and their ends differ by no more than this.
_APART: Final = 0.5
_LEVEL: Final = 0.12
_MOST_BARS: Final = 3
#: The figure of a name stands so far behind its letter at most, as a share of its height, and is about as high.
_FIGURE_SPACE: Final = 0.7
_FIGURE_HEIGHT: Final = 0.8
#: Figures are so wide, as a share of their height, from and to; letters before them, with the space between them.
_FIGURE: Final = (0.3, 0.95)
_LETTERS: Final = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
#: So many figures are looked at: of a page a dozen stand alone, of a texture thousands.
_MOST_FIGURES: Final = 60
#: A number and a unit, or two of each, are so many times as wide as high; so many words of such a shape are looked at.
_SCALE: Final = (3.0, 20.0)
_MOST_SCALES: Final = 60
#: Between two numbers and two units there are so many spaces.
_SPACES: Final = 3
MOST_WORDS: Final = 400
"""Of so many words letters and figures are joined, and fainter ones sought; a page has a hundred."""
#: A word is known from this likeness on (correlation), for sure from this one, and if no other word is nearly as like.
LIKE: Final = 0.66
_SURELY: Final = 0.9
_ALONE: Final = 0.025
#: Where letters are fainter than traces, this share of what is around them is paper, and this share of their pixels are
#: paler than their full ink.
_PAPER: Final = 0.4
_LETTER: Final = 0.9
#: Letters may be so blurred, pixels. The likest words say it, so many of them, from this likeness on; letters blurred
#: further are liker to anything by this much.
_BLURS: Final = (SHARP, 0.9, 1.2, 1.6)
_LIKEST: Final = 12
_LIKE_SOME: Final = 0.55
_DULLER: Final = 0.02


class Word(NamedTuple):
    """A group of letters."""

    text: str
    """What it says; empty where it is none of the words."""
    likeness: float
    """Correlation with the likest of them, 0 to 1."""
    box: tuple[int, int, int, int]
    """Left, top, right, lower edge, pixels."""
    pieces: tuple[int, ...]
    """Its pieces of ink."""
    guess: str = ""
    """The likest of the words, however little, if no other is nearly as like."""
    foot: int = 0
    """The row on which most of its letters stand: a slash goes below."""


def words_of(ink: Ink, millimetre: float) -> list[Word]:
    """The words of a page, from its letters."""
    words = []
    wide = ink.widths() >= TRACE_WIDTH * millimetre
    figures = scales = 0
    for box, pieces in _groups(ink, millimetre):
        word = _on_its_line(ink, _read(ink, box, pieces))
        if not word.text and scales < _MOST_SCALES and _may_be_scale(word):
            scales += 1
            parts = _number_and_unit(ink, word)
            if parts:
                words += parts
                continue
        if figures < _MOST_FIGURES and _may_be_figure(word):
            figures += 1
            word = _behind_a_trace(ink, word, wide)
        words.append(word)
    words = [_with_touching(ink, word) if word.text in {"I", "II"} else word for word in _with_bars(words)]
    return _with_figures(ink, words)


def blur_of(ink: Ink, words: Sequence[Word]) -> float:
    """How blurred a page's letters are, deviation in pixels: as words are that are the likest to what they say so."""
    likest = sorted((word for word in words if word.guess), key=lambda word: -word.likeness)[:_LIKEST]
    likest = [word for word in likest if word.likeness >= _LIKE_SOME]
    alike = {
        blur: sum(_read(replace(ink, blur=blur), word.box, word.pieces).likeness - _DULLER * step for word in likest)
        for step, blur in enumerate(_BLURS)
    }
    return max(alike, key=alike.__getitem__)


def _on_its_line(ink: Ink, word: Word) -> Word:
    return word._replace(foot=int(np.median(ink.boxes[list(word.pieces), 3])))


def _may_be_scale(word: Word) -> bool:
    left, top, right, bottom = word.box
    return _SCALE[0] <= (right - left) / (bottom - top) <= _SCALE[1]


def _number_and_unit(ink: Ink, word: Word) -> list[Word]:
    """What stands on both sides of a word's largest spaces: numbers, each with its unit behind it, or nothing.

    Numbers stand nearer to their units than words to each other, in some prints as near as letters do.
    """
    pieces = sorted(word.pieces, key=lambda piece: int(ink.boxes[piece, 0]))
    ends = np.maximum.accumulate(ink.boxes[pieces, 2])
    spaces = ink.boxes[pieces[1:], 0] - ends[:-1]
    largest = [int(at) for at in np.argsort(-spaces, kind="stable")[:_SPACES] if spaces[at] > 0]
    for cuts in [*([at] for at in largest), *([largest] if len(largest) == _SPACES else [])]:
        parts: list[Word] = []
        for at, part in enumerate(np.split(np.array(pieces), np.sort(cuts) + 1)):
            parts.append(_part(ink, part.tolist()))
            if parts[-1].text not in (UNITS if at % 2 else NUMBERS):
                break
        else:
            return parts
    return []


def _part(ink: Ink, pieces: list[int]) -> Word:
    return _on_its_line(ink, _read(ink, _around(ink, pieces), tuple(pieces)))


def _around(ink: Ink, pieces: list[int]) -> tuple[int, int, int, int]:
    """Left, top, right, lower edge of what is around pieces of ink."""
    left, top = (int(edge) for edge in ink.boxes[pieces, :2].min(axis=0))
    right, bottom = (int(edge) for edge in ink.boxes[pieces, 2:].max(axis=0))
    return left, top, right, bottom


def _with_bars(words: list[Word]) -> list[Word]:
    """Words, those of bars alone joined that stand farther apart than other letters do, as typewriters write them."""
    joined = list(words)
    bars = [word for word in words if set(word.text) == {"I"}]
    for _ in range(len(bars) if len(bars) <= _MOST_FIGURES else 0):
        pair = next(((one, other) for one, other in permutations(bars, 2) if _is_followed(one, other)), None)
        if pair is None:
            break
        one, other = pair
        box = one.box[0], min(one.box[1], other.box[1]), other.box[2], max(one.box[3], other.box[3])
        both = Word(one.text + other.text, min(one.likeness, other.likeness), box, (*one.pieces, *other.pieces))
        both = both._replace(guess=both.text, foot=one.foot)
        bars = [both, *(word for word in bars if word not in pair)]
        joined = [both if word is one else word for word in joined if word is not other]
    return joined


def _is_followed(one: Word, other: Word) -> bool:
    """Whether bars go on in others of the same name: as high, level, and near."""
    high, highs = one.box[3] - one.box[1], other.box[3] - other.box[1]
    level = max(abs(one.box[1] - other.box[1]), abs(one.box[3] - other.box[3])) <= _LEVEL * high
    near = 0 < other.box[0] - one.box[2] <= _APART * min(high, highs)
    return level and near and len(one.text + other.text) <= _MOST_BARS


def _with_figures(ink: Ink, words: list[Word]) -> list[Word]:
    """Words, those joined to ``V1`` to ``V6`` whose letter and figure stand farther apart than other letters do."""
    joined = list(words)
    if len(words) > MOST_WORDS:
        return joined
    for letter in words:
        if letter.text:
            continue
        left, top, right, bottom = letter.box
        high = bottom - top
        for figure in words:
            off = figure.box[0] - right
            level = min(bottom, figure.box[3]) - max(top, figure.box[1])
            if not (
                0 < off <= _FIGURE_SPACE * high and level >= _FIGURE_HEIGHT * max(high, figure.box[3] - figure.box[1])
            ):
                continue
            box = left, min(top, figure.box[1]), figure.box[2], max(bottom, figure.box[3])
            both = _read(ink, box, (*letter.pieces, *figure.pieces))
            if both.text.startswith("V"):
                joined = [word for word in joined if word is not letter and word is not figure]
                joined.append(both._replace(foot=letter.foot))
    return joined


def _may_be_figure(word: Word) -> bool:
    left, top, right, bottom = word.box
    return word.text not in NAMES and _FIGURE[0] <= (right - left) / (bottom - top) <= _FIGURE[1]


def _behind_a_trace(ink: Ink, word: Word, wide: NDArray[np.bool_]) -> Word:
    """A single figure as ``V1`` to ``V6`` where the letter before it touches a trace, and so is a part of it.

    Args:
        ink: Of the page.
        word: The figure.
        wide: Which pieces of ink may be traces, ``[pieces + 1]``.
    """
    left, top, right, bottom = word.box
    best = word
    for share in _LETTERS:
        begin = left - round(share * (bottom - top))
        pieces = np.unique(ink.labels[top:bottom, max(0, begin) : left])
        touching = pieces[(pieces > 0) & wide[pieces]]
        if begin < 0 or not len(touching):
            continue
        tried = _read(ink, (begin, top, right, bottom), (*word.pieces, *touching.tolist()))
        if tried.text.startswith("V") and (best is word or tried.likeness > best.likeness):
            best = tried._replace(pieces=word.pieces, foot=word.foot)
    return best


def _with_touching(ink: Ink, word: Word) -> Word:
    """An ``I`` or ``II`` with the other bars that touch a trace, and so are part of a larger piece of ink."""
    top, bottom = word.box[1], word.box[3]
    bars = sorted((int(ink.boxes[piece, 0]), int(ink.boxes[piece, 2]), piece) for piece in word.pieces)
    if len(bars) != len(word.text) or top < _BEYOND or bottom + _BEYOND > len(ink.mask):
        return word
    left, right, piece = bars[0]
    own = ink.labels[top:bottom, left:right] == piece
    ends = own.any(axis=0)

    def again(first: int) -> bool:
        last = first + right - left
        if first < 0 or last > ink.mask.shape[1]:
            return False
        beyond = [
            ink.mask[rows, first:last][:, ends]
            for rows in (slice(top - _BEYOND, top - _BEYOND + 1), slice(bottom + _BEYOND - 1, bottom + _BEYOND))
        ]
        # A trace may end where a third bar does that is as far from the second as that from the first.
        free = np.mean(beyond) if len(bars) == 1 else min(np.mean(rows) for rows in beyond)
        return bool(ink.mask[top:bottom, first:last][own].mean() >= _SAME and free <= _ENDS)

    wide = right - left
    near = range(wide + 1, wide + round(_NEXT * (bottom - top)) + 1)
    if len(bars) > 1:
        near = range(bars[1][0] - left - 1, bars[1][0] - left + 2)
    for side in (1, -1):
        for off in near:
            beside = (bars[-1][0] if side > 0 else left) + side * off
            if again(beside):
                text = word.text + "I"
                text += "I" * (len(text) < _MOST_BARS and again(beside + side * off))
                return word._replace(text=text, guess=text)
    return word


def _groups(ink: Ink, millimetre: float) -> list[tuple[tuple[int, int, int, int], tuple[int, ...]]]:
    """Letters that stand beside each other: their box and their pieces."""
    heights, widths = ink.heights() / millimetre, ink.widths() / millimetre
    lone = (heights >= _LOWEST) & (heights <= _HIGHEST) & (widths <= 4 * _HIGHEST)
    # A hyphen or a dot belongs to a word beside it.
    small = (heights < _LOWEST) & (widths < 3.0) & (widths * heights > 0.03)
    order = [int(index) for index in np.flatnonzero(lone | small) if index]
    if len(order) > _MOST_LETTERS:
        return []
    groups = _together(ink, [[index] for index in order])
    # An m is low: how far letters stand apart is told by the higher ones that follow.
    groups = _together(ink, groups, _LOW)
    found = []
    for letters in groups:
        group = _without_comma(ink, letters)
        around = _around(ink, group)
        if _LOWEST * millimetre <= around[3] - around[1] <= _HIGHEST * millimetre:
            found.append((around, tuple(group)))
    return found


def _together(ink: Ink, parts: Sequence[list[int]], low: float = 1.0) -> list[list[int]]:
    """Pieces of ink, those beside each other together, from left to right.

    Args:
        ink: Of the page.
        parts: Pieces that are together already.
        low: Of two, one is at most so many times as high as the other.
    """
    groups: list[list[int]] = []
    boxes: list[tuple[int, int, int, int]] = []
    for part in sorted(parts, key=lambda pieces: int(ink.boxes[pieces, 0].min())):
        left, top, right, bottom = around = _around(ink, part)
        for place in range(max(0, len(groups) - 40), len(groups)):
            box = boxes[place]
            heights = sorted((box[3] - box[1], bottom - top))
            beside = -0.5 * heights[1] <= left - box[2] <= _SPACE * heights[1] and heights[0] <= low * heights[1]
            level = min(bottom, box[3]) - max(top, box[1]) > 0.5 * heights[0]
            if beside and level and max(bottom, box[3]) - min(top, box[1]) <= 1.4 * heights[1]:
                groups[place] = [*groups[place], *part]
                boxes[place] = min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3])
                break
        else:
            groups.append(part)
            boxes.append(around)
    return groups


def _without_comma(ink: Ink, pieces: list[int]) -> list[int]:
    """Letters without a comma or full stop behind them."""
    last = max(pieces, key=lambda piece: int(ink.boxes[piece, 0]))
    others = [piece for piece in pieces if piece != last]
    if not others:
        return pieces
    top, bottom = int(ink.boxes[others, 1].min()), int(ink.boxes[others, 3].max())
    beside = ink.boxes[last, 0] >= ink.boxes[others, 2].max()
    return others if beside and ink.boxes[last, 1] > top + 0.6 * (bottom - top) else pieces


def _read(ink: Ink, box: tuple[int, int, int, int], pieces: tuple[int, ...]) -> Word:
    """The likest word, by what stands out from the page's grid, or from what is around the letters alone."""
    best = Word("", -1.0, box, pieces)
    for levels in _levels(ink, box, pieces):
        best = max(best, _compared(ink, box, pieces, levels), key=lambda word: word.likeness)
        if best.likeness >= _SURELY:
            break
    return best


def _levels(ink: Ink, box: tuple[int, int, int, int], pieces: tuple[int, ...]) -> list[tuple[float, float]]:
    """Depths of what is no letter and of a letter: the page's, and where letters are fainter than its ink, theirs."""
    left, top, right, bottom = box
    labels, depth = ink.labels[top:bottom, left:right], ink.depth[top:bottom, left:right]
    letters, paper = depth[np.isin(labels, pieces)], depth[labels == 0]
    found = [(ink.grid, ink.deepest)]
    if len(letters) and len(paper):
        fainter = min(float(np.quantile(paper, _PAPER)), ink.grid), float(np.quantile(letters, _LETTER))
        found += [fainter] if fainter[1] < ink.deepest else []
    return found


def _compared(ink: Ink, box: tuple[int, int, int, int], pieces: tuple[int, ...], levels: tuple[float, float]) -> Word:
    grey, (left, top, right, bottom) = _grey(ink, box, pieces, levels)
    wide = (right - left) * HEIGHT / (bottom - top)
    best: dict[str, float] = {}
    for width, shapes in by_width(bottom - top, ink.blur).items():
        if abs(wide - width) > _WIDTHS * max(wide, width) + 1:
            continue
        sized = grey.resize((width, HEIGHT), Image.Resampling.BILINEAR, (left, top, right, bottom))
        stretched = abs(wide - width) / max(wide, width)
        likeness = shapes.likeness(np.asarray(sized, np.float32)) - 0.3 * stretched
        for text, value in zip(shapes.texts, likeness.tolist(), strict=True):
            best[text] = max(best.get(text, 0.0), value)
    if not best:
        return Word("", 0.0, box, pieces)
    first, *others = sorted(best, key=lambda text: -best[text])
    guess = first if not others or best[first] - best[others[0]] >= _ALONE else ""
    return Word(guess if best[first] >= LIKE else "", best[first], box, pieces, guess)


def _grey(
    ink: Ink, box: tuple[int, int, int, int], pieces: tuple[int, ...], levels: tuple[float, float]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The letters with the paler pixels at their edges, and their box in it to parts of a pixel.

    Args:
        ink: Of the page.
        box: Left, top, right, lower edge of the letters.
        pieces: Their pieces of ink.
        levels: Depth of what is no letter, and of a letter.
    """
    left, top = max(0, box[0] - 1), max(0, box[1] - 1)
    around = slice(top, box[3] + 1), slice(left, box[2] + 1)
    labels = ink.labels[around]
    own = (labels == 0) | np.isin(labels, pieces)
    paper, letter = levels
    share = np.clip((np.where(own, ink.depth[around], 0.0) - paper) / max(1.0, letter - paper), 0.0, 1.0)
    across, down = _ends(share.max(axis=0)), _ends(share.max(axis=1))
    return Image.fromarray((255 * share).astype(np.uint8)), (across[0], down[0], across[1], down[1])


def _ends(shares: NDArray[np.floating]) -> tuple[float, float]:
    """Where what is covered begins and ends, pixels: each is covered to a share."""
    full = np.flatnonzero(shares >= 0.5 * shares.max())
    padded = np.r_[0.0, shares / max(float(shares.max()), 1e-6), 0.0]
    first, last = int(full[0]), int(full[-1])
    begin = first + 1 - float(padded[first : first + 2].sum())
    end = last + float(padded[last + 1 : last + 3].sum())
    return max(0.0, begin), min(float(len(shares)), max(end, begin + 1.0))
