"""What is seen before QRS complexes."""

from __future__ import annotations

import numpy as np

from ecg.features.atrial import ATRIAL, atrial_numbers

NAMES = list(ATRIAL)
CREST = np.array([1.0, 1.0], np.float32)


def shapes(count: int, height: float, seed: int = 1) -> np.ndarray:
    """Beats of two leads with a P wave of some millivolts in the second one, and waves at random in both."""
    random = np.random.default_rng(seed)
    places = np.arange(252)
    made = np.zeros((count, 2, 252), np.float32)
    for beat in made:
        beat += 0.04 * np.sin(2 * np.pi * 6 * places / 360 + random.uniform(0, 6.3))
        beat[1] += height * np.exp(-0.5 * ((places - 45) / 10) ** 2)
    return made


def numbers(count: int, height: float) -> dict[str, float]:
    found = atrial_numbers(shapes(count, height), np.ones(count, np.bool_), CREST)
    return dict(zip(NAMES, found.tolist(), strict=True))


def test_p_waves_come_again_and_fibrillation_does_not() -> None:
    with_p, without = numbers(30, 0.15), numbers(30, 0.0)
    assert with_p["alike"] > 0.8
    assert without["alike"] < 0.5
    assert with_p["certain"] > without["certain"] + 2
    assert with_p["height"] > without["height"]
    assert with_p["rest"] - without["rest"] < 0.3


def test_the_order_of_leads_changes_nothing() -> None:
    every = np.ones(20, np.bool_)
    made = shapes(20, 0.1)
    first, second = (atrial_numbers(part, every, CREST) for part in (made, made[:, ::-1]))
    assert np.allclose(first, second, atol=1e-5)


def test_beats_that_are_not_chosen_count_for_nothing() -> None:
    made = np.concatenate([shapes(20, 0.1), 3 * shapes(5, 0.0, seed=2)])
    chosen = np.arange(25) < 20
    assert np.array_equal(atrial_numbers(made, chosen, CREST), atrial_numbers(made[:20], chosen[:20], CREST))


def test_a_slope_is_no_p_wave() -> None:
    tilted = shapes(20, 0.0) + np.linspace(-0.5, 0.5, 252, dtype=np.float32)
    assert np.allclose(
        atrial_numbers(tilted, np.ones(20, np.bool_), CREST),
        atrial_numbers(shapes(20, 0.0), np.ones(20, np.bool_), CREST),
        atol=1e-3,
    )


def test_few_beats_say_nothing() -> None:
    assert np.isnan(atrial_numbers(shapes(4, 0.1), np.ones(4, np.bool_), CREST)).all()
