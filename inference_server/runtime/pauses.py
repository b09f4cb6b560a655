"""How long to wait before a process that has ended is started again."""

from __future__ import annotations

import time
from typing import Final

#: A process that lived for so many seconds did not die of starting; the next one follows at once.
_LASTING_SECONDS: Final = 10.0
_MAX_PAUSE_SECONDS: Final = 10.0


class Pauses:
    """Growing pauses while a process keeps dying soon after its start. Made when the first one is started."""

    def __init__(self) -> None:
        self._failures = 0
        self._begun = time.monotonic()

    def next(self) -> float:
        """Seconds to wait now that it has ended; the next one is started after that."""
        now = time.monotonic()
        self._failures = 0 if now - self._begun > _LASTING_SECONDS else self._failures + 1
        pause = min(_MAX_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 10)) if self._failures > 1 else 0.0
        self._begun = now + pause
        return pause
