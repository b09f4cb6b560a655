"""Shares in percent and their means, where some are not defined."""

from __future__ import annotations

from collections.abc import Iterable


def percent(part: float, whole: float) -> float | None:
    """``part`` of ``whole`` in percent; None where there is nothing to take a share of."""
    return 100.0 * part / whole if whole else None


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that are defined; None where none is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
