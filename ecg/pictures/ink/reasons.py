"""Why a picture can't be read as one beat."""

from __future__ import annotations

from enum import StrEnum


class NotABeat(StrEnum):
    """Stable codes, the same from here to the page."""

    BLANK = "BLANK"
    """Nothing is drawn."""
    NO_LINE = "NO_LINE"
    """Something is drawn, but no line that goes on from left to right."""
    SEVERAL_LINES = "SEVERAL_LINES"
    """A page, or a strip with several leads."""
    SEVERAL_BEATS = "SEVERAL_BEATS"
    """One line with several beats: a strip."""
    SPECTROGRAM = "SPECTROGRAM"
    """Power over time and frequency, in colours or greys."""
    PHOTOGRAPH = "PHOTOGRAPH"
    """Light and shade all over, no drawing on paper."""
    NOT_A_TRACE = "NOT_A_TRACE"
    """Lines that turn back or branch: a drawing, an icon, writing."""
    UNFAMILIAR = "UNFAMILIAR"
    """One line, but unlike every beat that a network learned from, as a network says; or one sine from end to end."""
