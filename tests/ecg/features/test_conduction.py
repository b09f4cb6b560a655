"""How the ventricles are reached: the QRS complex of certain leads, and a pacemaker's spike."""

from __future__ import annotations

import numpy as np

from ecg.features.conduction import CONDUCTION, NAMED, OF_LEADS, conduction_numbers
from ecg.features.reach import STRIP_REACH
from ecg.leads import STANDARD

NAMES = list(CONDUCTION)
PEAK = 120
"""Sample of the R peak in the usual beat's window; there are 240."""
CREST = np.array([1.0, 1.0], np.float32)
LEADS = np.array([STANDARD.index("II"), STANDARD.index("V1")], np.float32)


def bump(middle: float, height: float, width: float, samples: int = 240) -> np.ndarray:
    return height * np.exp(-0.5 * ((np.arange(samples) - middle) / width) ** 2)


def narrow() -> np.ndarray:
    lead = bump(PEAK, 1.0, 4)
    return np.stack([lead, -0.8 * lead]).astype(np.float32)


def right_block() -> np.ndarray:
    """A late second R wave in V1, and a late S wave in II."""
    late = bump(PEAK + 22, 0.9, 7)
    return np.stack([bump(PEAK, 1.0, 4) - 0.5 * late, -0.3 * bump(PEAK, 1.0, 4) + late]).astype(np.float32)


def strips(beats: int = 3) -> np.ndarray:
    own = np.zeros((beats, 2, 2 * STRIP_REACH), np.float32)
    own[:, :] = bump(STRIP_REACH, 1.0, 4, 2 * STRIP_REACH)
    return own


def numbers(usual: np.ndarray, of_beats: np.ndarray | None = None, leads: np.ndarray = LEADS) -> dict[str, np.ndarray]:
    of_beats = strips() if of_beats is None else of_beats
    found = conduction_numbers(usual, of_beats, CREST, leads)
    assert found.shape == (len(of_beats), len(CONDUCTION))
    assert found.dtype == np.float32
    return dict(zip(NAMES, found.T, strict=True))


def test_a_block_lasts_longer_and_ends_in_the_lead_of_its_side() -> None:
    usual, block = numbers(narrow()), numbers(right_block())
    assert block["qrs_milliseconds"][0] > usual["qrs_milliseconds"][0] + 40
    assert block["qrs_spread"][0] > 1.5 * usual["qrs_spread"][0]
    assert block["V1_qrs_4"][0] > 0.3
    assert usual["V1_qrs_4"][0] < 0
    assert block["II_qrs_4"][0] < 0


def test_leads_are_known_by_their_names_whatever_their_order() -> None:
    turned = numbers(right_block()[::-1], leads=LEADS[::-1])
    for name, values in numbers(right_block()).items():
        np.testing.assert_allclose(turned[name], values, rtol=1e-5)
    unnamed = numbers(right_block(), leads=np.full(2, np.nan, np.float32))
    assert np.isnan([unnamed[NAMES[place]][0] for columns in OF_LEADS for place in range(*columns.indices(41))]).all()
    assert np.isfinite(unnamed["qrs_milliseconds"]).all()


def test_what_a_lead_shows_stands_at_its_places() -> None:
    for name, columns in zip(NAMED, OF_LEADS, strict=True):
        assert {own.split("_")[0] for own in NAMES[columns]} == {name}


def test_a_spike_is_narrower_than_a_qrs_complex_and_lies_before_it() -> None:
    paced = strips()
    paced[1, 0, STRIP_REACH - 40 : STRIP_REACH - 38] += 1.5
    found = numbers(narrow(), paced)
    assert found["spike"][1] > 0
    assert found["spike"][0] < -3
    assert abs(found["spike_before"][1] - 40 / 0.36) < 6


def test_without_a_usual_beat_or_in_a_gap_what_cannot_be_known_is_not() -> None:
    nothing = numbers(np.full((2, 240), np.nan, np.float32))
    assert np.isnan(nothing["qrs_milliseconds"]).all()
    gap = strips()
    gap[0, 1] = np.nan
    assert np.isfinite(numbers(narrow(), gap)["spike"]).all()
    assert conduction_numbers(narrow(), strips()[:0], CREST, LEADS).shape == (0, 41)
