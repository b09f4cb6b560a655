"""Of two readings of one picture, which shows more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg.leads import STANDARD
from ecg.pictures.pages.result import Basis, Calibration, Kind, Lead, PageReading, Reason, Warned


def reading(
    names: tuple[str, ...], speed: Basis = Basis.ASSUMED, *, millimetre: Basis = Basis.GRID, pixels: float = 8.0
) -> PageReading:
    leads = tuple(
        Lead(name, bool(name), row, 0, 0.0, 500.0, np.zeros(9, np.float32), np.zeros((5, 2)), (0.0, 0.0, 9.0, 9.0), 1.0)
        for row, name in enumerate(names)
    )
    calibration = Calibration(pixels, 25.0, 10.0, millimetre, speed, Basis.ASSUMED)
    return PageReading(Kind.PAGE, (900, 600), calibration=calibration, leads=leads)


PART = reading(("II", "V1"))
WHOLE = reading(("II", "V1"), Basis.PRINT)


@pytest.mark.parametrize(
    ("whole", "part", "more"),
    [
        (WHOLE, PART, True),
        (PART, reading(("", "V1")), True),
        (replace(WHOLE, warnings=(Warned.PITCH_UNSURE,)), PART, True),
        (reading(STANDARD), PART, True),
        (reading(("V1",)), reading(("II", "V1"), millimetre=Basis.ASSUMED), True),
        (PART, WHOLE, False),
        (replace(reading(("I",)), warnings=(Warned.PITCH_UNSURE,)), reading(("",)), False),
        (PART, PART, False),
        (reading(("II", "V2"), Basis.PRINT), PART, False),
        (reading(("II", "V1", "V2"), Basis.PRINT), PART, False),
        (reading(("II", "V1"), Basis.PRINT, pixels=8.4), PART, False),
        (reading(("II", "V1"), Basis.PRINT, millimetre=Basis.ASSUMED), PART, False),
        (replace(reading(STANDARD), warnings=(Warned.PITCH_UNSURE,)), PART, False),
    ],
    ids=[
        "print that the part cut off",
        "a name that the part cut off",
        "the same grid, though it isn't sure",
        "twelve leads",
        "a part without any scale",
        "less",
        "a bar, as edges look like",
        "as much",
        "another name",
        "more rows",
        "another grid",
        "no grid",
        "twelve leads, but no sure grid",
    ],
)
def test_the_whole_picture_is_read_where_it_shows_more(whole: PageReading, part: PageReading, more: bool) -> None:
    assert whole.shows_more(part) is more


@pytest.mark.parametrize(
    ("seen", "doubtful"),
    [
        (PART, False),
        (reading(("", "V1")), True),
        (reading(("",)), False),
        (PageReading(Kind.NONE, (900, 600), Reason.NO_ECG), True),
        (PageReading(Kind.NONE, (900, 600), Reason.BLANK), False),
        (PageReading(Kind.BEAT, (900, 600)), False),
    ],
    ids=["all names", "a row without one", "a strip without one", "no ECG", "blank", "one beat"],
)
def test_a_picture_is_looked_at_again_where_rows_have_no_name_or_no_ecg_was_seen(
    seen: PageReading, doubtful: bool
) -> None:
    assert seen.is_doubtful is doubtful


@pytest.mark.parametrize(
    ("again", "before", "more"),
    [
        (PART, reading(("", "V1")), True),
        (reading(("II",)), reading(("", "II")), True),
        (PART, PageReading(Kind.NONE, (900, 600), Reason.NO_ECG), True),
        (reading(("",)), PageReading(Kind.NONE, (900, 600), Reason.NO_ECG), True),
        (reading(("",)), reading(("", "")), True),
        (PART, reading(("", "V1"), Basis.PRINT), True),
        (reading(("II",)), reading(("", "II"), Basis.PRINT), False),
        (PageReading(Kind.NONE, (900, 600), Reason.NO_ECG), reading(("", "V1")), False),
        (PART, PART, False),
    ],
    ids=[
        "a name more",
        "a row that was none",
        "an ECG",
        "an ECG without a name",
        "a row less",
        "a name for a speed",
        "words less",
        "nothing",
        "the same",
    ],
)
def test_what_is_read_in_another_way_counts_where_it_says_more(
    again: PageReading, before: PageReading, more: bool
) -> None:
    assert again.says_more(before) is more
