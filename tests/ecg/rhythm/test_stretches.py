"""Stretches of booleans."""

from __future__ import annotations

import numpy as np

from ecg.rhythm import stretches


def on(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_stretches_are_found_and_filled_again() -> None:
    found = stretches.where(on("xx..x.xxx"))
    assert found.tolist() == [[0, 2], [4, 5], [6, 9]]
    assert stretches.filled(found, 9).tolist() == on("xx..x.xxx").tolist()


def test_what_stays_without_having_entered_is_left_out() -> None:
    assert stretches.held(on("..x......"), on(".xxx..xx.")).tolist() == on(".xxx.....").tolist()


def test_short_breaks_are_joined_and_short_stretches_dropped() -> None:
    found = stretches.where(on("xx.xx...x.."))
    joined = stretches.joined(found, 1)
    assert joined.tolist() == [[0, 5], [8, 9]]
    assert stretches.lasting(joined, 2).tolist() == [[0, 5]]
    assert stretches.joined(stretches.where(on("...")), 1).tolist() == []
