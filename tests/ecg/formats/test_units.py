"""Units of voltage as files spell them."""

from __future__ import annotations

import pytest

from ecg.formats import units


@pytest.mark.parametrize(
    ("text", "millivolts"),
    [
        *(
            ("mV", 1.0),
            ("MV", 1.0),
            ("mv", 1.0),
            ("[mV]", 1.0),
            ("millivolts", 1.0),
            ("V", 1e3),
            ("volt", 1e3),
            ("nV", 1e-6),
        ),
        *(("uV", 1e-3), ("µV", 1e-3), ("μV", 1e-3), ("ÂµV", 1e-3), ("�V", 1e-3), ("MICROVOLTS", 1e-3), ("mcV", 1e-3)),
        *(("4.88uV", 4.88e-3), ("10 uV", 1e-2)),
    ],
)
def test_voltages(text: str, millivolts: float) -> None:
    assert units.millivolts(text) == pytest.approx(millivolts)


@pytest.mark.parametrize("text", ["", "mmHg", "%", "bpm", "g", "ms", "adu", "m/s2", "VV", "m V x"])
def test_no_voltages(text: str) -> None:
    assert units.millivolts(text) is None


@pytest.mark.parametrize(
    ("text", "other"), [("%", True), ("bpm", True), ("m/s2", True), ("°C", True), ("mV", False), ("x", False)]
)
def test_some_are_of_other_quantities(text: str, other: bool) -> None:
    assert units.is_other_quantity(text) is other


@pytest.mark.parametrize(("text", "unknown"), [("", True), ("adu", True), ("a.u.", True), ("%", False), ("mV", False)])
def test_some_say_nothing(text: str, unknown: bool) -> None:
    assert units.is_unit_unknown(text) is unknown
