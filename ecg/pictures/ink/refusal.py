"""What speaks for and against a picture's showing one beat, and the reason where it can't be read as one."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ecg.pictures.ink.reasons import NotABeat


class Evidence(NamedTuple):
    """Measures of a found line and its surroundings. Shares are 0 to 1."""

    inked: float
    """Share of the panel that is as deep as a line."""
    several_runs: float
    """Share of the line's runs that are not the only one in their column: a function of time does not turn back."""
    other_lines: int
    """Lines beside it, about as wide, in the same columns."""
    other_pieces: int
    """Components that are not its own and longer than any letter."""
    other_ink: float
    """Ink that isn't its own: share of all."""
    thickness: float
    """Of the line, share of the panel's shorter side."""
    cover: float
    """Columns that it runs through, share of the panel's."""
    complexes: int
    """Whole waves that stand out."""
    narrow: float
    """Their width at half their height, as a share of the time between them."""


#: Bounds from pictures of beats of MIT-BIH in every kind of layout (:mod:`training.pictures.layout_kinds`), of which
#: fewer than one in 200 is beyond any of them, against the kinds of :mod:`training.pictures.nonbeats`.
#: Of the panel, paper is at least this share; what leaves less is a texture.
LEAST_PAPER: Final = 0.78
MOST_INKED: Final = 0.14
MOST_RUNS: Final = 0.42
MOST_OTHER_INK: Final = 0.6
MOST_PIECES: Final = 3
THICKEST: Final = 0.13

#: So many whole waves are several beats, if they are no wider than this share of the time between them. Fibrillation,
#: whose waves follow each other without a pause, may show some in a window of one beat.
_BEATS: Final = ((3, 0.12), (4, 0.25), (7, np.inf))


def reason_for(evidence: Evidence) -> NotABeat | None:
    """Why it is not one beat; None where nothing says so."""
    if evidence.several_runs > MOST_RUNS or evidence.thickness > THICKEST:
        return NotABeat.NOT_A_TRACE
    if evidence.other_lines or (evidence.other_pieces >= MOST_PIECES and evidence.other_ink > MOST_OTHER_INK):
        return NotABeat.SEVERAL_LINES
    if evidence.inked > MOST_INKED or evidence.other_ink > MOST_OTHER_INK:
        return NotABeat.NOT_A_TRACE
    if any(evidence.complexes >= count and evidence.narrow < narrow for count, narrow in _BEATS):
        return NotABeat.SEVERAL_BEATS
    return None
