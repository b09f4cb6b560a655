"""Times of a recording in words: the recorder's clock where it has one, else from the begin."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _


def length(seconds: float) -> str:
    """Hours, minutes and seconds."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02} h" if hours else f"{rest // 60}:{rest % 60:02} min"


def clock(seconds: float, start: datetime | None) -> str:
    """A moment to the millisecond, ``14:05:30.250``; on later days with the day's number, days begin at midnight."""
    thousandths = round(seconds * 1000)
    if start is None:
        minutes, rest = divmod(thousandths, 60_000)
        return f"{minutes // 60:02}:{minutes % 60:02}:{rest / 1000:06.3f}"
    at = start + timedelta(milliseconds=thousandths)
    text = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
    days = (at.date() - start.date()).days
    return f"{_('day {number}').format(number=days + 1)} {text}" if days else text
