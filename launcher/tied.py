"""``python -m launcher.tied ARGUMENTS…``: a Python program that is asked to stop when whoever started it is gone.

Whoever is killed can't stop what it started; without this, a killed supervisor would leave parts behind that hold their
addresses. Only Linux can do this; elsewhere the program runs as it would without.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

#: ``PR_SET_PDEATHSIG`` of ``prctl(2)``.
_SET_PARENT_DEATH_SIGNAL: Final = 1


def tie() -> None:
    """Have the kernel send this process SIGTERM when its parent ends, also after it has become another program."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before that
        sys.exit(1)


if __name__ == "__main__":
    tie()
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606 - what the launcher names
