"""Which words beside rows are names of leads, and what they say of the rows."""

from __future__ import annotations

import pytest

from ecg.leads import STANDARD
from ecg.pictures.pages.layouts import Named, count_of, in_place_of, layout_of, named, named_beside, rows_of_twelve
from ecg.pictures.pages.words import Word


def word(text: str, left: int, wide: int, top: int = 100, height: int = 24) -> Word:
    return Word(text, 0.9 if text else 0.3, (left, top, left + wide, top + height), (), text, top + height)


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


def test_of_two_rows_with_one_name_the_likelier_has_it() -> None:
    names = [Named("V3", 0, 10.0, 0.70), Named("V3", 1, 10.0, 0.81)]
    layout = layout_of(2, names, 20.0, 900.0, broken=False)
    assert [(cell.name, cell.read) for cell in layout.cells] == [("", False), ("V3", True)]


@pytest.mark.parametrize(
    ("read", "text", "assumed"),
    [
        ([], "3x4", True),
        ([("I", 0, 10.0)], "3x4", True),
        ([("I", 0, 10.0), ("II", 1, 10.0)], "3x4", False),
        ([("I", 0, 10.0), ("II", 1, 10.0), ("III", 2, 10.0)], "3x1", False),
        ([("I", 0, 10.0), ("II", 1, 10.0), ("III", 2, 10.0), ("aVL", 1, 240.0)], "3x4", False),
    ],
    ids=["none", "one", "two", "of each row", "of each row, and one behind"],
)
def test_rows_that_seem_to_break_off_are_of_one_lead_each_where_only_the_first_names_were_read(
    read: list[tuple[str, int, float]], text: str, assumed: bool
) -> None:
    layout = layout_of(3, [Named(name, row, x, 0.9) for name, row, x in read], 20.0, 900.0, broken=True)
    assert (layout.text, layout.names_assumed) == (text, assumed)


@pytest.mark.parametrize(
    ("left", "others", "names"),
    [
        (94, [("II", 75)], ["II"]),
        (76, [("II", 75)], ["II", "I"]),
        (130, [("II", 75)], ["II", "I"]),
        (94, [("II", 75), ("V5", 93)], ["II", "V5", "I"]),
    ],
    ids=["behind by a letter", "below", "elsewhere", "below one of two"],
)
def test_a_bar_behind_where_names_begin_is_the_figure_of_one(
    left: int, others: list[tuple[str, int]], names: list[str]
) -> None:
    words = [word(text, x, 20, top=100 + 200 * row) for row, (text, x) in enumerate(others)]
    bar = word("I", left, 5, top=100 + 200 * len(others))
    levels = [160.0 + 200 * row for row in range(len(others) + 1)]
    assert [name.name for name in named([*words, bar], levels, 6.0)] == names


@pytest.mark.parametrize(
    ("above", "below", "among"),
    [
        (0, 0, None),
        (1, 0, range(1, 5)),
        (2, 0, range(2, 6)),
        (1, 1, range(1, 5)),
        (0, 1, None),  # as of a rhythm strip whose name can't be read
    ],
)
def test_rows_of_writing_are_no_rows_of_a_page_of_twelve_leads(above: int, below: int, among: range | None) -> None:
    names = [
        Named(STANDARD[3 * column + row], above + row, 5 + 250.0 * column) for row in range(3) for column in range(4)
    ]
    names.append(Named("II", above + 3, 5.0))
    assert rows_of_twelve(4 + above + below, names, 0.0, 1000.0) == among


def test_a_name_that_was_found_stands_for_the_bars_that_were_read_of_it() -> None:
    names = [Named("I", 0, 10.0), Named("I", 1, 10.0), Named("II", 1, 22.0), Named("V2", 1, 600.0)]
    found = in_place_of(names, [Named("III", 1, 10.0)], (20.0, 1000.0))
    assert [(name.name, name.row) for name in found] == [("I", 0), ("V2", 1), ("III", 1)]


@pytest.mark.parametrize(
    ("levels", "texts", "names"),
    [
        ([310.0], ["V2"], ["V2"]),
        ([310.0], ["I"], []),
        ([310.0], ["II"], ["II"]),
        ([310.0], ["", "II"], []),
        ([310.0], ["II", ""], []),
        ([310.0, 460.0], ["V2"], []),
    ],
    ids=[
        "a strip",
        "a bar above a strip",
        "bars alone above a strip",
        "figures of a date above a strip",
        "and where the date goes on behind them",
        "several rows",
    ],
)
def test_a_name_far_above_is_that_of_a_strip(levels: list[float], texts: list[str], names: list[str]) -> None:
    words = [word(text, 90 + 60 * place, 30) for place, text in enumerate(texts)]
    assert [name.name for name in named(words, levels, 7.0)] == names


def test_of_several_names_where_a_row_begins_the_likest_is_its_own() -> None:
    names = [Named("V1", 0, 55.0, 0.77), Named("V5", 0, 60.0, 0.92), Named("I", 0, 50.0, 0.99)]
    layout = layout_of(1, names, 50.0, 1000.0, broken=False)
    assert [cell.name for cell in layout.cells] == ["V5"]


@pytest.mark.parametrize(("height", "names"), [(5, []), (7, ["II"])], ids=["parts of letters", "small letters"])
def test_bars_of_few_pixels_are_no_names(height: int, names: list[str]) -> None:
    assert [name.name for name in named([word("II", 60, 8, height=height)], [160.0], 3.0)] == names


@pytest.mark.parametrize(("layout", "leads"), [("1x1", 1), ("3x4", 12), ("3x4+1", 13), ("3x4+3", 15), ("12x1", 12)])
def test_a_layout_says_how_many_leads_it_has(layout: str, leads: int) -> None:
    assert count_of(layout) == leads


@pytest.mark.parametrize("off", [-60, 20, 30, 40, 50], ids=lambda off: f"{off} px below the level")
def test_names_of_twelve_rows_are_those_above_or_below_them_as_they_make_a_page(off: int) -> None:
    levels = [200.0 + 80 * row for row in range(12)]
    words = [
        word(name, 90, 20 * len(name), top=round(level) + off, height=16)
        for name, level in zip(STANDARD, levels, strict=True)
        if name != "I"
    ]
    names = named_beside(words, levels, 8.0, 88.0, 2000.0)
    assert [(name.name, name.row) for name in names] == list(zip(STANDARD[1:], range(1, 12), strict=True))


@pytest.mark.parametrize("off", [-50, 40], ids=["above", "below"])
def test_names_of_dense_rows_stand_where_each_row_has_one(off: int) -> None:
    levels = [200.0 + 80 * row for row in range(6)]
    words = [
        word(name, 90, 40, top=round(level) + off, height=16) for name, level in zip(STANDARD[6:], levels, strict=True)
    ]
    names = named_beside(words, levels, 8.0, 88.0, 2000.0)
    assert [(name.name, name.row) for name in names] == list(zip(STANDARD[6:], range(6), strict=True))


def test_a_bar_below_the_last_row_does_not_turn_names_above_into_names_below() -> None:
    levels = [200.0, 280.0, 360.0]
    words = [word(name, 90, 20 * len(name), top=top) for name, top in (("V1", 225), ("V5", 305), ("II", 400))]
    assert [name.row for name in named_beside(words, levels, 8.0, 88.0, 2000.0)] == [1, 2]


@pytest.mark.parametrize(("alike", "text"), [(True, "6x1"), (False, "6x2")])
@pytest.mark.parametrize("broken", [True, False])
def test_names_of_the_limb_leads_alone_are_those_of_six_rows_where_these_go_on(
    alike: bool, text: str, broken: bool
) -> None:
    names = [Named(name, row, 90.0, 0.9) for row, name in enumerate(STANDARD[:6])]
    assert layout_of(6, names, 88.0, 2000.0, broken=broken, alike=alike).text == text
    behind = [*names, Named("V2", 1, 1050.0, 0.9)]
    assert layout_of(6, behind, 88.0, 2000.0, broken=broken, alike=alike).text == "6x2"


def test_rows_without_a_name_are_no_writing_where_names_only_stand_where_rows_begin() -> None:
    names = [Named(name, row + 1, 90.0, 0.9) for row, name in enumerate(STANDARD[:6])]
    assert rows_of_twelve(12, names, 88.0, 2000.0) is None
    behind = [*names, Named("V2", 2, 1050.0, 0.9)]
    assert rows_of_twelve(12, behind, 88.0, 2000.0) == range(1, 7)
