"""How pages look: papers, pens, grids, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.pictures.fonts import FONTS

Generator = np.random.Generator
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A paper, or a screen, and its grid."""

    paper: Colour
    fine: Colour | None
    """Lines every millimetre."""
    bold: Colour | None
    """Lines every five."""
    pens: tuple[Colour, ...]


_DARK_PENS: Final[tuple[Colour, ...]] = ((10, 10, 10), (20, 20, 60), (40, 40, 40), (60, 10, 20))
_BRIGHT_PENS: Final[tuple[Colour, ...]] = ((60, 255, 80), (255, 255, 90), (90, 230, 255), (255, 255, 255))

PAPERS: Final[dict[str, PaperKind]] = {
    "pink": PaperKind((255, 246, 244), (250, 208, 204), (240, 150, 146), _DARK_PENS),
    "red": PaperKind((255, 252, 250), (246, 170, 165), (222, 92, 90), _DARK_PENS),
    "orange": PaperKind((255, 250, 240), (252, 218, 180), (240, 165, 95), _DARK_PENS),
    "grey": PaperKind((252, 252, 252), (222, 222, 222), (176, 176, 176), _DARK_PENS),
    "blue": PaperKind((250, 252, 255), (200, 220, 244), (135, 172, 222), _DARK_PENS),
    "green": PaperKind((250, 255, 250), (198, 232, 200), (128, 190, 134), _DARK_PENS),
    "none": PaperKind((255, 255, 255), None, None, _DARK_PENS),
}
SCREENS: Final[dict[str, PaperKind]] = {
    "black": PaperKind((0, 0, 0), None, None, _BRIGHT_PENS),
    "dark": PaperKind((14, 18, 28), (24, 34, 44), (38, 56, 70), _BRIGHT_PENS),
    "navy": PaperKind((6, 10, 34), None, (30, 40, 84), _BRIGHT_PENS),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How one page looks. Lengths are millimetres."""

    paper: str = "pink"
    pen: Colour = (10, 10, 10)
    pen_width: float = 0.3
    fine_width: float = 0.1
    bold_width: float = 0.2
    dotted: bool = False
    """Fine lines only as dots where they cross."""
    grid_shift: tuple[float, float] = (0.0, 0.0)
    font: str = FONTS[0]
    text_height: float = 3.2
    text_colour: Colour = (10, 10, 10)
    names_above: bool = True
    """Names of leads above the baseline at the panel's begin; else just in front of the row where there is room."""
    separators: str = "tick"
    """Between panels of a row: ``tick``, ``bar``, ``colon`` or ``none``."""
    pulse: str = "before"
    """Calibration pulses: ``before`` or ``after`` each row, or ``none``."""
    header: int = 3
    """Lines of text above."""
    printed_scale: bool = True
    mm_per_second: float = 25.0
    mm_per_mv: float = 10.0
    row_height: float = 25.0
    margins: tuple[float, float, float, float] = (14.0, 28.0, 12.0, 14.0)
    """Left, above, right, below."""
    box: bool = False
    """The grid covers only the rows, in a frame."""

    @property
    def kind(self) -> PaperKind:
        """Its paper or screen."""
        return (PAPERS | SCREENS)[self.paper]


def plain(layout: str) -> Style:
    """What a machine prints as it leaves the factory: pink paper, pulses, speed and gain."""
    if layout == "1x1":
        return Style(header=1, row_height=36.0, margins=(10.0, 9.0, 8.0, 8.0))
    if layout == "12x1":
        return Style(row_height=19.0)
    return Style(row_height=21.0 if layout in {"3x4+3", "6x2"} else 26.0)


def varied(layout: str, generator: Generator, *, screen: bool = False) -> Style:
    """A style by chance; ``screen``: that of a monitor."""
    names = list(SCREENS if screen else PAPERS)
    chances = np.ones(len(names)) if screen else np.array([5.0, 3, 3, 2, 1.5, 1, 1.5])
    paper = str(generator.choice(names, p=chances / chances.sum()))
    kind = (PAPERS | SCREENS)[paper]
    pen = kind.pens[int(generator.integers(len(kind.pens)))]
    single = layout in {"1x1", "2x1", "3x1"}
    base = plain(layout)
    row_height = base.row_height * generator.uniform(0.9, 1.3)
    left = 14.0 if not single else 10.0
    return Style(
        paper=paper,
        pen=pen,
        pen_width=float(generator.uniform(0.18, 0.5) * (1.4 if screen else 1)),
        fine_width=float(generator.uniform(0.08, 0.16)),
        bold_width=float(generator.uniform(0.14, 0.3)),
        dotted=bool(generator.random() < 0.15),
        grid_shift=(float(generator.uniform(0, 5)), float(generator.uniform(0, 5))),
        font=str(generator.choice(FONTS)),
        text_height=float(generator.uniform(2.6, 4.2)),
        text_colour=pen if generator.random() < 0.7 else kind.pens[0],
        names_above=bool(generator.random() < 0.85),
        separators=str(generator.choice(["tick", "bar", "colon", "none"], p=[0.35, 0.2, 0.1, 0.35])),
        pulse=str(generator.choice(["before", "after", "none"], p=[0.55, 0.1, 0.35] if not screen else [0.1, 0, 0.9])),
        header=int(generator.integers(0, 2 if single else 6)),
        printed_scale=bool(generator.random() < 0.8),
        mm_per_second=float(generator.choice([25.0, 50.0], p=[0.88, 0.12])),
        mm_per_mv=float(generator.choice([10.0, 5.0, 20.0], p=[0.86, 0.08, 0.06])),
        row_height=float(row_height),
        margins=(
            float(left * generator.uniform(0.8, 1.4)),
            float(base.margins[1] * generator.uniform(0.8, 1.3)),
            float(generator.uniform(5, 16)),
            float(base.margins[3] * generator.uniform(0.8, 1.5)),
        ),
        box=bool(generator.random() < 0.2) and not screen,
    )
