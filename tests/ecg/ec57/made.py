"""Small sequences of marks, made for one rule each."""

from __future__ import annotations

from collections.abc import Sequence

from ecg.ec57.marks import Marks, Period

#: Samples a second: a match window has 150, a sample is a millisecond.
RATE = 1000.0

#: All of a record counts, which is a minute long.
WHOLE = Period(RATE, 60_000, learning_seconds=0)

Mark = tuple[int, str] | tuple[int, str, str] | tuple[int, str, str, int]


def marks(*sequences: Mark) -> Marks:
    """Marks of tuples: sample, symbol, and if there are any, note and subtype."""
    filled = [(*mark, *("", 0)[len(mark) - 2 :]) for mark in sequences]
    samples, symbols, notes, subtypes = zip(*filled, strict=True) if filled else ((), (), (), ())
    return Marks.of(samples, symbols, notes, subtypes)


def beats(symbols: str, first: int = 1000, rr: int = 800, shift: int = 0) -> list[tuple[int, str]]:
    """A beat for each symbol, ``rr`` samples apart; a blank leaves one out, a point is a place without meaning."""
    return [(first + place * rr + shift, symbol) for place, symbol in enumerate(symbols) if symbol not in " ."]


def rhythm(sample: int, note: str) -> tuple[int, str, str]:
    return sample, "+", note


def shutdown(sample: int) -> tuple[int, str, str, int]:
    return sample, "~", "", -1


def resume(sample: int) -> tuple[int, str, str, int]:
    return sample, "~", "", 0


def in_order(*sequences: Sequence[Mark]) -> Marks:
    """Marks of several sequences, sorted by time."""
    return marks(*sorted((mark for sequence in sequences for mark in sequence), key=lambda mark: mark[0]))
