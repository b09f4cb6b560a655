"""How logs are written, as the environment says. Loaded by gunicorn's first process: nothing of Django here."""

from __future__ import annotations

from typing import Final

FORMATS: Final = ("text", "json")


def log_format(name: str) -> str:
    """``name``, where there is such a format.

    Raises:
        ValueError: there is none.
    """
    if name not in FORMATS:
        raise ValueError(f"BEATLENS_LOG_FORMAT is {name!r}; it can be {' or '.join(FORMATS)}.")
    return name
