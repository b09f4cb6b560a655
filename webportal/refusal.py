"""What is refused although nothing is wrong with it: a share is used up, an account or the disk is full."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """What was asked for can't be done now, through no fault of what was sent."""

    #: Stable code; ``webportal.analyses.reasons`` has the words for it.
    reason = ""
    #: Seconds after which asking again may help; ``None`` when time alone doesn't.
    retry_after: float | None = None
