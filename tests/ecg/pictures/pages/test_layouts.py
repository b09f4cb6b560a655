"""Which words beside rows are names of leads."""

from __future__ import annotations

import pytest

from ecg.pictures.pages.layouts import named
from ecg.pictures.pages.words import Word


def word(text: str, left: int, wide: int, top: int = 100) -> Word:
    return Word(text, 0.9 if text else 0.3, (left, top, left + wide, top + 24), (), text, top + 24)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([word("I", 120, 8)], ["I"]),
        ([word("", 60, 44), word("I", 136, 8)], []),
        ([word("", 60, 44), word("I", 136, 8, top=260)], ["I"]),
        ([word("", 60, 44), word("I", 200, 8)], ["I"]),
        ([word("", 60, 44), word("II", 136, 18)], ["II"]),
        ([word("I", 120, 8), word("", 140, 44)], ["I"]),
    ],
    ids=["a bar alone", "ECG1", "beside another line", "farther away", "two bars", "before a word"],
)
def test_a_bar_behind_a_word_is_its_last_figure_and_no_lead(words: list[Word], names: list[str]) -> None:
    assert [name.name for name in named(words, [150.0, 310.0], 7.0)] == names
