from __future__ import annotations

import pytest

from webportal.analyses.templatetags.readings import percent


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "100.0 %"),
        (0.99999, "> 99.9 %"),
        (0.9949, "99.5 %"),
        (0.0009, "0.1 %"),
        (0.0006, "0.1 %"),
        (0.0001, "< 0.1 %"),
        (0.0, "0.0 %"),
    ],
)
def test_probabilities_are_rounded_and_never_falsely_certain(probability: float, text: str) -> None:
    assert percent(probability) == text
