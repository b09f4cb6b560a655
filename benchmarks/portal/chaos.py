"""Killing what people use while they use it, at random moments spread over all that they do."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

_LOOK_SECONDS: Final = 0.05


class Chaos(threading.Thread):
    """Does harm of several kinds, each as often as asked.

    ``harms`` are by name how often, and what to do. ``done`` tells the share of the work that is done, 0 to 1: the
    harms are spread over all of it, the same for the same numbers. Those in ``earlier`` were done by an earlier run.
    """

    def __init__(
        self,
        harms: Mapping[str, tuple[int, Callable[[], None]]],
        done: Callable[[], float],
        earlier: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(name="chaos", daemon=True)
        self._harms, self._done, self._ended = harms, done, threading.Event()
        self.counts: Counter[str] = Counter(earlier)
        """How often each was done."""
        chance = random.Random(1)  # noqa: S311 - moments
        kinds = [kind for kind, (times, _harm) in harms.items() for _ in range(times)]
        chance.shuffle(kinds)
        moments = [(number + chance.random()) / len(kinds) * 0.95 for number in range(len(kinds))]
        self._plan = list(zip(moments, kinds, strict=True))[self.counts.total() :]

    def run(self) -> None:
        """Do as planned, until all is done or :meth:`end` is called."""
        for moment, kind in self._plan:
            while self._done() < moment:
                if self._ended.wait(_LOOK_SECONDS):
                    return
            self._harms[kind][1]()
            self.counts[kind] += 1

    def end(self, seconds: float) -> None:
        """Do no more, and wait so long for what is being done."""
        self._ended.set()
        self.join(seconds)

    def finish(self, seconds: float) -> None:
        """Wait until all is done, but no longer than this."""
        end = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
        self.end(seconds)
