"""What a column of times says of a table: how many rows a second, and where rows are missing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.formats.source import Piece, Source
from ecg.recording_errors import RecordingError

_TIME: Final = re.compile(
    r"^(?:rel\w*\.?|abs\w*\.?|elapsed|utc|unix|local|system)?[\s_\-]*(?:time\w*|zeit\w*|t|tiempo|temps|tempo|date\w*|datum"
    r"|clock|min|minutes?|minuten|sec\w*|sekunden?|s|ms|millis\w*|us|micros\w*|ns)(?:[\s_\-]*(?:s|ms|us|ns|sec\w*|stamp|utc|since\s\w+))?$",
    re.IGNORECASE,
)
_INDEX: Final = re.compile(
    r"^(?:unnamed.*|index|idx|i|n|nr\.?|no\.?|row\w*|#|sample\w*(?:[\s_]*(?:#|n\w*|index|id))?|frame\w*|counter|count|id|x)$",
    re.IGNORECASE,
)
#: Seconds of the units in which columns of times are written.
UNITS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_PLAUSIBLE: Final = (40.0, 6_000.0)
"""Rows a second by which the unit of a column of times is told."""
_MAX_PIECES: Final = 200_000
#: A step so much longer than usual is a gap; so much shorter, disorder.
_LONG: Final = 1.6
#: Share of steps that may differ from the usual one by more than a quarter.
_IRREGULAR: Final = 0.05


def is_time(name: str) -> bool:
    """Whether a column's name says that it holds times."""
    return bool(_TIME.match(name.strip()))


def may_be_time(name: str) -> bool:
    """Whether a column's name has a word for time in it, among others."""
    return bool(re.search(r"(?:^|[^a-z])(?:time\w*|zeit\w*|clock)(?:$|[^a-z])", name, re.IGNORECASE))


def is_index(name: str) -> bool:
    """Whether a column's name says that it counts rows."""
    return bool(_INDEX.match(name.strip())) or not name.strip()


def unit_of(name: str, unit: str) -> float | None:
    """Seconds of a column's unit, as its name or unit says; None where they don't."""
    text = unit.strip("()[] ").lower().replace("µ", "u").replace("μ", "u")
    if text.startswith("sec") or text == "s":
        return 1.0
    if text in UNITS:
        return UNITS[text]
    if text.startswith("min"):
        return 60.0
    lowered = name.lower()
    for words, seconds in (
        (r"milli|(?:^|[\s_\-(])ms\b|_ms$|timems", 1e-3),
        (r"micro|(?:^|[\s_\-(])[uµ]s\b|_us$", 1e-6),
        (r"nano|(?:^|[\s_\-(])ns\b|_ns$", 1e-9),
        (r"sec|sek|(?:^|[\s_\-(])s\b|_s$", 1.0),
        (r"^min", 60.0),
    ):
        if re.search(words, lowered):
            return seconds
    return None


@dataclass(slots=True)
class Timeline:
    """Takes in a column of times, block by block, and says what they say."""

    steps: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Of the first rows, in the column's own unit."""
    begin: float = float("nan")
    last: float = float("nan")
    rows: int = 0
    _jumps: list[tuple[int, float, float]] = field(default_factory=list)
    """Rows after a step that is not the usual one, with the times before and after it."""
    _usual: float = 0.0
    _day: float = 0.0
    _changes: tuple[int, float, int, float] | None = None
    _zero_steps: int = 0
    _odd_steps: int = 0

    def add(self, times: NDArray[np.float64]) -> None:
        """The next rows; ``nan`` where a row is damaged."""
        if not len(times):
            return
        filled = self._filled(times)
        filled = self._over_midnight(filled)
        before = filled[0] - self._usual if not self.rows else self.last
        steps = np.diff(filled, prepend=before)
        if not self.rows:
            self.begin = float(filled[0])
            self._usual = float(np.median(steps[1:][steps[1:] > 0])) if (steps[1:] > 0).any() else 0.0
            steps[0] = self._usual
            self.steps = steps[1:]
        self._count(steps, filled)
        self.rows += len(times)
        self.last = float(filled[-1])

    @property
    def standstills(self) -> int:
        """Rows of the same time as the one before."""
        return self._zero_steps

    def drop_last(self) -> None:
        """Forget the last row."""
        self.rows -= 1
        self.last -= self._usual

    def _filled(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Damaged rows get the time that they would have."""
        good = np.flatnonzero(~np.isnan(times))
        if len(good) == len(times):
            return times
        if not len(good):
            return self.last - self._day + self._usual * np.arange(1, len(times) + 1, dtype=np.float64)
        steps = np.diff(times[good]) / np.diff(good)
        step = self._usual or (float(np.median(steps)) if len(steps) else 0.0)
        rows = np.arange(len(times))
        filled: NDArray[np.float64] = np.interp(rows, good, times[good])
        filled[: good[0]] = times[good[0]] - step * (good[0] - rows[: good[0]])
        filled[good[-1] :] = times[good[-1]] + step * (rows[good[-1] :] - good[-1])
        return filled

    def _over_midnight(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of day begin anew at midnight."""
        times = times + self._day
        previous = times[0] if not self.rows else self.last
        falls = np.diff(times, prepend=previous)
        for index in np.flatnonzero((falls < -80_000) & (falls > -90_000)):
            times[index:] += 86_400
            self._day += 86_400
        return times

    def _count(self, steps: NDArray[np.float64], times: NDArray[np.float64]) -> None:
        self._zero_steps += int((steps == 0).sum())
        changes = np.flatnonzero(steps > 0)
        if len(changes):
            first = self._changes[:2] if self._changes else (self.rows + int(changes[0]), float(times[changes[0]]))
            self._changes = (*first, self.rows + int(changes[-1]), float(times[changes[-1]]))
        if not self._usual:
            return
        self._odd_steps += int((np.abs(steps - self._usual) > 0.25 * self._usual).sum())
        odd = np.flatnonzero((steps > _LONG * self._usual) | (steps < 0))
        for index in odd.tolist():
            self._jumps.append((self.rows + index, float(times[index] - steps[index]), float(times[index])))
        if len(self._jumps) > _MAX_PIECES and self._zero_steps < self.rows / 2:
            raise _irregular()

    def result(self, unit: float) -> tuple[float, list[Piece], bool]:
        """Rows a second, the pieces without gaps, and whether the times are too coarse to show any.

        Args:
            unit: Seconds of the column's unit.
        """
        if self._zero_steps > 0.5 * self.rows:
            return self._coarse(unit)
        if not self._usual:
            raise _irregular()
        if any(after < before for _, before, after in self._jumps):
            raise RecordingError("RECORDING_TIME_DISORDERED", "The table's column of times goes back in time.")
        rounding = self._is_rounding()
        odd = len(self._jumps) if rounding else self._odd_steps
        if odd > max(2, _IRREGULAR * self.rows):
            raise _irregular()
        rate = self._rate()
        pieces, row, at = [], 0, 0.0
        for jump, _, after in self._jumps:
            pieces.append(Piece(at, row, jump - row))
            row, at = jump, (after - self.begin) * unit
        pieces.append(Piece(at, row, self.rows - row))
        return rate / unit, pieces, False

    def _is_rounding(self) -> bool:
        """Whether steps differ only by the last digit in which the times are written."""
        steps = self.steps[self.steps < _LONG * self._usual] / self._usual
        kinds = np.unique(np.round(steps, 3))
        return len(kinds) <= 3 and float(kinds.max() - kinds.min()) < 1.1

    def _rate(self) -> float:
        """Rows for one unit of time, from the longest stretch without a gap; a whole number where it may be one."""
        edges = [(0, self.begin, self.begin), *self._jumps, (self.rows, self.last, self.last)]
        spans = [
            (edges[index + 1][0] - edges[index][0], edges[index + 1][1] - edges[index][2])
            for index in range(len(edges) - 1)
        ]
        rows, span = max(spans)
        if rows < 2 or span <= 0:
            return 1 / self._usual
        rate = (rows - 1) / span
        steps = self.steps[self.steps > 0]
        finest = float(np.ptp(steps[steps < _LONG * self._usual])) if len(steps) else 0.0
        low, high = (rows - 1) / (span + finest + 1e-9), (rows - 1) / max(span - finest - 1e-9, span / 2)
        return _simplest(rate, low, high)

    def _coarse(self, unit: float) -> tuple[float, list[Piece], bool]:
        if self._changes is None or self._changes[3] <= self._changes[1]:
            raise _irregular()
        first, begin, last, end = self._changes
        if self._jumps and any(after < before for _, before, after in self._jumps):
            raise RecordingError("RECORDING_TIME_DISORDERED", "The table's column of times goes back in time.")
        rate = (last - first) / (end - begin)
        return round(rate / unit) or rate / unit, [Piece(0.0, 0, self.rows)], True


def place(source: Source, timeline: Timeline, unit: float) -> None:
    """Give a source the rate and the gaps that its times show.

    Args:
        source: Whose rows the times belong to.
        timeline: The times of all of them.
        unit: Seconds of the times' unit.
    """
    rate, pieces, coarse = timeline.result(unit)
    if coarse:
        source.warn("RECORDING_TIME_COARSE", "The times are too coarse to show gaps.")
    if source.frame_rate is not None and abs(rate - source.frame_rate) > 0.01 * source.frame_rate:
        message = f"The file says that it has {source.frame_rate:g} samples a second; by its times it has {rate:g}."
        source.warn("RECORDING_RATE_CONTRADICTORY", f"{message} These were taken.")
    source.frame_rate = rate
    source.pieces = pieces if len(pieces) > 1 else None


def _simplest(rate: float, low: float, high: float) -> float:
    """The roundest number between two bounds, for times in any unit: 250, not 250.0003; 0.25, not 0.2500003."""
    for power in range(-6, 10):
        scale = 10.0**power
        candidate = round(rate * scale) / scale
        if candidate > 0 and low <= candidate <= high:
            return candidate
    return rate


def guessed_unit(begin: float, usual_step: float) -> tuple[float | None, bool]:
    """The unit of times that have none, and whether it is certain.

    Times since 1970 tell it by their size. Else it is the one by which the step is plausible for an ECG, if there is
    just one; a step of 1 may be a millisecond or the number of the row.
    """
    for least, most, unit in ((1e8, 1e11, 1.0), (1e11, 1e14, 1e-3), (1e14, 1e17, 1e-6), (1e17, 1e20, 1e-9)):
        if least <= begin < most:
            return unit, True
    low, high = _PLAUSIBLE
    fits = [unit for unit in UNITS.values() if usual_step > 0 and low <= 1 / (usual_step * unit) <= high]
    if len(fits) != 1 or usual_step == 1:
        return None, False
    return fits[0], usual_step < 0.1


def _irregular() -> RecordingError:
    return RecordingError(
        "RECORDING_RATE_IRREGULAR", "By the table's own times its rows don't follow each other at one rate."
    )
