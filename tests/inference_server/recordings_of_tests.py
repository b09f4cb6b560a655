"""Recordings that tests make, and whether two analyses are the same."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ecg.recording import Recording
from tests.ecg.signal.synthetic import noise, regular, signal_of


def recording(
    seconds: float = 150, *, rate: float = 360.0, leads: tuple[str, ...] = ("II", "V1"), seed: int = 1
) -> Recording:
    """Normal beats, early wide ones among them; each lead of another height."""
    beats = [(time - 0.2, "V") if index % 9 == 5 else (time, "N") for index, (time, _) in enumerate(regular(seconds))]
    lead = signal_of(beats, seconds, rate)
    heights = np.random.default_rng(seed).uniform(0.5, 1.2, len(leads))
    values = heights[:, None] * lead + noise((len(leads), len(lead)), 0.01, seed)
    return Recording.of_array(values, leads=leads, rate=rate)


def with_gap(whole: Recording, begin: float, end: float, leads: slice = slice(None)) -> Recording:
    """The same without what lies between two times, seconds, in some of its leads."""
    values = whole.read().copy()
    values[leads, round(begin * whole.rate) : round(end * whole.rate)] = np.nan
    return Recording.of_array(values, leads=whole.leads, rate=whole.rate)


def differences(one: Any, other: Any, name: str = "analysis") -> list[str]:
    """Where two values, of whatever kinds an analysis has, are not the same to the last bit."""
    if type(one) is not type(other):
        return [f"{name}: {type(one).__name__} and {type(other).__name__}"]
    if isinstance(one, np.ndarray):
        same = one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
        return [] if same else [f"{name}: {one.dtype}{one.shape} and {other.dtype}{other.shape}"]
    if is_dataclass(one):
        pairs = [(field.name, getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]
    elif isinstance(one, tuple) and len(one) == len(other):
        pairs = [(str(place), *pair) for place, pair in enumerate(zip(one, other, strict=True))]
    else:
        return [] if one == other else [f"{name}: {one!r} and {other!r}"]
    return [difference for part, left, right in pairs for difference in differences(left, right, f"{name}.{part}")]
