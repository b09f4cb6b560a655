"""Annotation codes to the five classes, both ways."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.ec57.mapping import CLASSES, DE_CHAZAL, EC57, NOT_A_BEAT, BeatMapping


def letters(mapping: BeatMapping, symbols: str) -> str:
    return "".join("-" if place == NOT_A_BEAT else CLASSES[place] for place in mapping.of(np.array(list(symbols))))


def test_escape_beats_are_supraventricular_by_the_standard_and_normal_by_de_chazal() -> None:
    assert letters(EC57, "ejn") == "SSS"
    assert letters(DE_CHAZAL, "ejn") == "NNN"


@pytest.mark.parametrize("mapping", [EC57, DE_CHAZAL])
def test_all_other_beats_are_the_same_by_both(mapping: BeatMapping) -> None:
    assert letters(mapping, "NLRBAaJSVErF/fQ?") == "NNNNSSSSVVVFQQQQ"


@pytest.mark.parametrize("mapping", [EC57, DE_CHAZAL])
def test_other_marks_are_no_beats(mapping: BeatMapping) -> None:
    assert letters(mapping, '+~|"x[]!sT*D=p^t@') == "-" * 17


def test_no_marks_have_no_classes() -> None:
    assert EC57.of(np.empty(0, np.str_)).tolist() == []
