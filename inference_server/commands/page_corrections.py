"""Options that state what is known of a page better than it can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from ecg.pictures.pages.corrections import Corrections, CorrectionsError, Point

PANEL: Final = "What is known of the pages better than it can be read"

Speed = Annotated[float | None, typer.Option("--speed", metavar="MM/S", help="Paper speed.", rich_help_panel=PANEL)]
Gain = Annotated[float | None, typer.Option("--gain", metavar="MM/MV", help="Gain.", rich_help_panel=PANEL)]
PixelsPerMm = Annotated[
    float | None,
    typer.Option("--pixels-per-mm", metavar="N", help="Pixels to a millimetre of paper.", rich_help_panel=PANEL),
]
PixelsPerSecond = Annotated[
    float | None,
    typer.Option("--pixels-per-second", metavar="N", help="Of a picture without millimetres.", rich_help_panel=PANEL),
]
PixelsPerMv = Annotated[
    float | None,
    typer.Option("--pixels-per-mv", metavar="N", help="With --pixels-per-second.", rich_help_panel=PANEL),
]
LayoutName = Annotated[
    str,
    typer.Option("--layout", help="Rows x columns + rhythm strips: 3x4+1, 6x2, 12x1, 1x1 …", rich_help_panel=PANEL),
]
Cabrera = Annotated[
    bool | None,
    typer.Option("--cabrera/--no-cabrera", help="Order of the limb leads, with --layout.", rich_help_panel=PANEL),
]
Corners = Annotated[
    str,
    typer.Option(
        "--corners",
        metavar="X,Y,X,Y,X,Y,X,Y",
        help="Of the paper, in pixels: upper left, upper right, lower right, lower left as it is read.",
        rich_help_panel=PANEL,
    ),
]
Degrees = Annotated[
    float | None,
    typer.Option("--degrees", help="By how much it is turned counter-clockwise.", rich_help_panel=PANEL),
]
Region = Annotated[
    str,
    typer.Option("--region", metavar="LEFT,TOP,RIGHT,BOTTOM", help="Read only this, in pixels.", rich_help_panel=PANEL),
]
LeadNames = Annotated[
    list[str] | None,
    typer.Option(
        "--lead",
        metavar="ROW,COLUMN=NAME",
        help="The lead that stands there, counted from 0 as --json does. May be given again.",
        rich_help_panel=PANEL,
    ),
]
_LEAD: Final = re.compile(r"(\d{1,4}),(\d{1,4})=(.*)", re.DOTALL)
#: The options of fields whose names are others.
_OPTIONS: Final = {"mm_per_second": "--speed", "mm_per_mv": "--gain", "names": "--lead"}


def corrections_of(corners: str, region: str, leads: Sequence[str] | None, **stated: object) -> Corrections:
    """What the options state; ``stated`` are fields of :class:`Corrections` as they are.

    Raises:
        typer.BadParameter: it can't be so.
    """
    try:
        given = Corrections(
            corners=_corners(_numbers("--corners", corners, 8)) if corners else None,
            region=_region(_numbers("--region", region, 4)) if region else None,
            names=tuple(_named(lead) for lead in leads or ()),
            **stated,  # type: ignore[arg-type]
        )
        given.check()
    except CorrectionsError as error:
        option = _OPTIONS.get(error.field, "--" + error.field.replace("_", "-"))
        raise typer.BadParameter(str(error), param_hint=option) from None
    return given


def _numbers(option: str, text: str, number: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != number:
        raise typer.BadParameter(f"{number} numbers with commas between them are wanted.", param_hint=option)
    return numbers


def _corners(at: Sequence[float]) -> tuple[Point, Point, Point, Point]:
    return (at[0], at[1]), (at[2], at[3]), (at[4], at[5]), (at[6], at[7])


def _region(at: Sequence[float]) -> tuple[float, float, float, float]:
    return at[0], at[1], at[2], at[3]


def _named(text: str) -> tuple[int, int, str]:
    stated = _LEAD.fullmatch(text)
    if stated is None:
        raise typer.BadParameter("A lead is stated as ROW,COLUMN=NAME, such as 3,0=II.", param_hint="--lead")
    return int(stated[1]), int(stated[2]), stated[3]
