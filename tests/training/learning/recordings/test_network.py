"""What the network for recordings makes of leads, gaps and numbers."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.features.arrival import ARRIVAL
from ecg.features.conduction import CONDUCTION
from ecg.features.stream import FEATURES, INTERVALS
from training.learning.recordings import network
from training.learning.recordings.network import STRIP, WINDOW, Spread

Inputs = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def model():  # type: ignore[no-untyped-def]
    generator = np.random.default_rng(3)
    spreads = [Spread.of(generator.normal(size=(50, len(names))).astype(np.float32)) for names in (FEATURES, ARRIVAL)]
    return network.build(*spreads)


def _inputs(beats: int, leads: int) -> Inputs:
    generator = np.random.default_rng(leads)
    return {
        "windows": generator.normal(0, 0.5, (beats, leads, WINDOW)).astype(np.float32),
        "difference": generator.normal(0, 0.2, (beats, leads, WINDOW)).astype(np.float32),
        "strip": generator.normal(0, 0.5, (beats, leads, STRIP)).astype(np.float32),
        "intervals": generator.uniform(0.5, 1.2, (beats, 2 * INTERVALS)).astype(np.float32),
        "features": generator.normal(size=(beats, len(FEATURES))).astype(np.float32),
        "arrival": generator.normal(size=(beats, len(ARRIVAL))).astype(np.float32),
        "conduction": generator.normal(size=(beats, len(CONDUCTION))).astype(np.float32),
        "leads": np.broadcast_to(np.arange(leads, dtype=np.float32), (beats, leads)),
    }


def _said(model, inputs: Inputs) -> np.ndarray:  # type: ignore[no-untyped-def]
    return np.asarray(model(inputs, training=False))


def _leads(inputs: Inputs, chosen: list[int]) -> Inputs:
    of_leads = ("windows", "difference", "strip", "leads")
    return {name: values[:, chosen] if name in of_leads else values for name, values in inputs.items()}


def test_it_matters_which_lead_a_beat_is_seen_in(model) -> None:  # type: ignore[no-untyped-def]
    inputs = _inputs(5, 2)
    unnamed = inputs | {"leads": np.full((5, 2), np.nan, np.float32)}
    assert np.abs(_said(model, inputs) - _said(model, unnamed)).max() > 1e-3


def test_the_order_of_leads_makes_no_difference(model) -> None:  # type: ignore[no-untyped-def]
    inputs = _inputs(5, 4)
    np.testing.assert_allclose(_said(model, inputs), _said(model, _leads(inputs, [2, 0, 3, 1])), atol=1e-5)


def test_a_lead_that_shows_nothing_is_no_lead(model) -> None:  # type: ignore[no-untyped-def]
    inputs = _inputs(5, 3)
    lost = {name: values.copy() for name, values in inputs.items()}
    for name in ("windows", "difference", "strip"):
        lost[name][:, 1] = np.nan
    np.testing.assert_allclose(_said(model, lost), _said(model, _leads(inputs, [0, 2])), atol=1e-5)


def test_a_lead_has_no_unit_of_its_own(model) -> None:  # type: ignore[no-untyped-def]
    inputs = _inputs(5, 1)
    raised = inputs | {"windows": inputs["windows"] + 3, "strip": inputs["strip"] - 2}
    np.testing.assert_allclose(_said(model, inputs), _said(model, raised), atol=1e-4)


def test_nothing_known_still_makes_an_answer(model) -> None:  # type: ignore[no-untyped-def]
    empty = {name: np.full_like(values, np.nan) for name, values in _inputs(2, 2).items()}
    assert np.isfinite(_said(model, empty)).all()


def test_what_is_unknown_is_not_the_middle(model) -> None:  # type: ignore[no-untyped-def]
    inputs = _inputs(4, 2)
    unknown = inputs | {"features": np.full_like(inputs["features"], np.nan)}
    middle = inputs | {
        "features": np.broadcast_to(
            next(
                layer.middle
                for layer in model.layers
                if isinstance(layer, network.KnownNumbers) and len(layer.middle) == len(FEATURES)
            ),
            (4, len(FEATURES)),
        )
    }
    assert np.abs(_said(model, unknown) - _said(model, middle)).max() > 1e-3


def test_early_beats_that_are_the_most_frequent_ones_differ_from_calm_ones(model) -> None:  # type: ignore[no-untyped-def]
    layer = network.AmongIntervals()
    calm, early = np.full((1, 96), 0.6, np.float32), np.full((1, 96), 0.6, np.float32)
    early[0, ::3] = 1.5  # a pause after every third beat
    early[0, INTERVALS - 1] = 0.6
    assert np.abs(np.asarray(layer(calm)) - np.asarray(layer(early))).max() > 0.3
