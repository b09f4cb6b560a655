"""What speaks for and against a picture's showing one beat, and the reason where it can't be read as one."""

from __future__ import annotations

from typing import Final, NamedTuple

from ecg.pictures.ink.reasons import NotABeat


class Evidence(NamedTuple):
    """Measures of a found line and its surroundings. Shares are 0 to 1."""

    inked: float
    """Share of the panel that is as deep as a line."""
    several_runs: float
    """Share of the line's runs that are not the only one in their column: a function of time does not turn back."""
    other_lines: int
    """Lines beside it, about as wide, in the same columns."""
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


def reason_for(evidence: Evidence) -> NotABeat | None:
    """Why it is not one beat; None where nothing says so."""
    return None
