"""What a log line may hold."""

from __future__ import annotations

import logging
from typing import Final

#: Longest message about a request that was refused, characters: a stranger chooses what is in it.
_LONGEST: Final = 200


class OneLineForRefusals(logging.Filter):
    """Requests that Django refuses, such as those for another host, are one line each: they are no faults of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record; none is dropped."""
        if record.name.startswith("django.security."):
            text = record.getMessage()
            record.msg, record.args = text[:_LONGEST] + ("…" if len(text) > _LONGEST else ""), ()
            record.exc_info = record.exc_text = record.stack_info = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
