"""The kinds of pictures of one beat that people send, each varied by chance; the first is the plain drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from ecg.pictures.rendering import CLASSIC
from training.pictures.camera import Camera
from training.pictures.layouts import Axes, Colour, Layout, Ruling

Generator = np.random.Generator
Kind = Callable[[Generator, tuple[float, float]], Layout]
"""A layout by chance; the second argument is the RR interval before the beat and the one after it, seconds."""

PLAIN: Final = Layout(
    plot=(24, 15, 173, 114), range_mv=(CLASSIC.lowest_mv, CLASSIC.highest_mv), line_width=CLASSIC.line_width
)


def _grey(generator: Generator, low: int, high: int) -> Colour:
    level = int(generator.integers(low, high))
    return (level, level, level)


def _colour(generator: Generator) -> Colour:
    """Colours that lines are drawn in: black, grey, and the usual ones of plotting libraries and devices."""
    usual = ((0, 0, 0), (31, 119, 180), (200, 30, 40), (0, 0, 200), (0, 100, 40), (90, 40, 140), (40, 40, 60))
    return usual[int(generator.integers(len(usual)))] if generator.random() < 0.7 else _grey(generator, 0, 110)


def free(generator: Generator) -> Layout:
    """A drawing of the classic window in a size and with margins of its own, in what line and colour ever."""
    width = int(np.exp(generator.uniform(np.log(130), np.log(900))))
    height = int(width * generator.uniform(0.45, 1.2))
    left, right = generator.uniform(0.02, 0.2, 2) * width
    top, bottom = generator.uniform(0.02, 0.2, 2) * height
    return Layout(
        plot=(int(left), int(top), int(width - right), int(height - bottom)),
        size=(width, height),
        ink=_colour(generator),
        line_width=max(0.7, width / CLASSIC.width * generator.uniform(0.4, 1.6)),
        gain=float(np.exp(generator.uniform(-0.5, 0.5))),
    )


def plain(_generator: Generator, _rr: tuple[float, float]) -> Layout:
    """As in the course data set."""
    return PLAIN


def margins(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """The plain drawing on a sheet up to three times as wide and high."""
    more = generator.uniform(1.2, 3.0, 2)
    size = (round(CLASSIC.width * more[0]), round(CLASSIC.height * more[1]))
    x, y = (int(generator.integers(0, room + 1)) for room in (size[0] - CLASSIC.width, size[1] - CLASSIC.height))
    left, top, right, bottom = PLAIN.plot
    return replace(PLAIN, size=size, plot=(left + x, top + y, right + x, bottom + y))


def frame(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """The plain drawing with a frame, or a line at some of its edges."""
    width = int(generator.integers(1, 4))
    edges = (generator.random(4) < 0.5) if generator.random() < 0.5 else np.ones(4, dtype=bool)
    left, top, right, bottom = (width * int(edge) for edge in edges)
    return replace(PLAIN, frame=(left, top, right, bottom), frame_colour=_grey(generator, 0, 140))


def square(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A drawing made square, 64 to 224 pixels, stretched as for a network."""
    side = int(generator.integers(64, 225))
    return replace(free(generator) if generator.random() < 0.5 else PLAIN, resized=(side, side))


def axes(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """As plotting libraries draw: axes, ticks, numbers, maybe lines across and a title."""
    width = int(generator.integers(300, 900))
    height = int(width * generator.uniform(0.5, 0.85))
    dark = generator.random() < 0.15
    ink, around = ((230, 230, 230), (200, 200, 200)) if dark else (_colour(generator), (0, 0, 0))
    return Layout(
        plot=(int(0.125 * width), int(0.12 * height), int(0.9 * width), int(0.89 * height)),
        size=(width, height),
        ink=ink,
        paper=(20, 20, 20) if dark else (255, 255, 255),
        line_width=width / 640 * generator.uniform(1.0, 2.6),
        axes=Axes(
            colour=around,
            box=bool(generator.random() < 0.6),
            numbers=bool(generator.random() < 0.85),
            title="Heartbeat" if generator.random() < 0.3 else "",
            lines=((70, 70, 70) if dark else (205, 205, 205)) if generator.random() < 0.35 else None,
        ),
    )


def dark(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A dark theme, maybe with a grid."""
    inks = ((240, 240, 240), (80, 230, 120), (90, 200, 255), (255, 220, 60), (255, 90, 90))
    return replace(free(generator), ink=inks[int(generator.integers(len(inks)))], paper=_grey(generator, 0, 45))


def transparent(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A white or light line on nothing."""
    base = PLAIN if generator.random() < 0.5 else free(generator)
    return replace(base, ink=_grey(generator, 215, 256), transparent=True)


def coloured(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A coloured line on white."""
    inks = ((255, 0, 0), (31, 119, 180), (0, 0, 255), (0, 150, 60), (255, 127, 14), (220, 20, 60), (148, 103, 189))
    return replace(free(generator), ink=inks[int(generator.integers(len(inks)))])


def _ruling(generator: Generator, *, grey: bool) -> Ruling:
    level = int(generator.integers(185, 225))
    if grey:
        bold: Colour = (level, level, level)
    else:
        bold = ((240, level - 40, level - 40), (245, level - 60, level - 30), (level, 235, level))[
            int(generator.integers(3))
        ]
    red, green, blue = ((part + 255) // 2 for part in bold)
    shift = generator.uniform(0, 5, 2)
    return Ruling((red, green, blue), bold, (float(shift[0]), float(shift[1])), int(generator.integers(1, 3)))


def _crop(generator: Generator, ruling: Ruling | None) -> Layout:
    """Half a second of a strip, 25 mm/s and 10 mm/mV, cut out by hand."""
    off = generator.uniform(-0.03, 0.03)
    millimetre = float(np.exp(generator.uniform(np.log(4), np.log(24))))
    room = generator.uniform(1, 6, 2) * millimetre
    return Layout(
        before=0.25 - off,
        after=0.25 + off,
        plot=(0, int(room[0]), 0, 0),
        size=(0, int(room[1])),
        millimetre=millimetre,
        line_width=millimetre * generator.uniform(0.2, 0.45),
        ink=_grey(generator, 0, 70),
        paper=(255, int(generator.integers(244, 256)), int(generator.integers(240, 256))) if ruling else (255,) * 3,
        ruling=ruling,
    )


def crop(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """Half a second of a strip without a grid: a portrait."""
    return _crop(generator, None)


def crop_on_paper(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """Half a second of a strip on coloured millimetres."""
    return _crop(generator, _ruling(generator, grey=False))


def crop_on_grey_paper(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """Half a second of a copied strip: grey millimetres."""
    return _crop(generator, _ruling(generator, grey=True))


def camera(generator: Generator) -> Camera:
    """A hand-held camera, more or less careful."""
    return Camera(
        rotation=float(generator.uniform(-5, 5)),
        shade=float(generator.uniform(0, 0.45)),
        direction=float(generator.uniform(0, 2 * np.pi)),
        tint=(1.0, float(generator.uniform(0.92, 1.0)), float(generator.uniform(0.85, 1.0))),
        noise=float(generator.uniform(0, 5)),
        blur=float(generator.uniform(0, 1.2)),
        jpeg=int(generator.integers(45, 95)),
    )


def photographed_crop(generator: Generator, rr: tuple[float, float]) -> Layout:
    """Half a second of a strip on paper, photographed."""
    return replace(crop_on_paper(generator, rr), camera=camera(generator))


def photographed_drawing(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A drawing on white paper, photographed."""
    return replace(free(generator), ink=_grey(generator, 0, 90), camera=camera(generator))


def rotated(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A drawing turned by up to 5°."""
    return replace(free(generator), camera=Camera(rotation=float(generator.uniform(-5, 5))))


def compressed(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """A drawing, blurred a little and compressed much."""
    return replace(
        free(generator),
        camera=Camera(blur=float(generator.uniform(0, 1.5)), jpeg=int(generator.integers(25, 70))),
    )


def one_second(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """One second with the beat somewhere around its middle."""
    before = generator.uniform(0.35, 0.6)
    return replace(free(generator), before=before, after=1.0 - before)


def half_a_second(generator: Generator, _rr: tuple[float, float]) -> Layout:
    """Half a second with the beat somewhere around its middle."""
    before = generator.uniform(0.2, 0.3)
    return replace(free(generator), before=before, after=0.5 - before)


def r_to_r(generator: Generator, rr: tuple[float, float]) -> Layout:
    """From the R peak before to the R peak after, or from half way to half way."""
    share = 1.0 if generator.random() < 0.5 else 0.5
    before, after = (float(np.clip(interval, 0.3, 1.6)) * share for interval in rr)
    return replace(free(generator), before=before, after=after)


KINDS: Final[dict[str, Kind]] = {
    kind.__name__: kind
    for kind in (
        plain, margins, frame, square, axes, dark, transparent, coloured, compressed, rotated, crop, crop_on_paper,
        crop_on_grey_paper, half_a_second, one_second, r_to_r, photographed_drawing, photographed_crop,
    )
}  # fmt: skip

#: Windows other than the classic one, in which the network sees another stretch of time.
OTHER_WINDOWS: Final = frozenset({"one_second", "r_to_r"})
