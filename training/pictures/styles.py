"""How pictures of beats really look: colours, grids, axes, sizes, compression, cameras.

A style says how a drawn trace becomes a picture. Training varies styles by chance (:func:`random_style`), the
robustness table draws the named ones (:data:`NAMED`). Time always runs from left to right: nothing is mirrored.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ecg.beats import WINDOW_SECONDS
from ecg.pictures.rendering import CLASSIC, Geometry, draw

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)

#: Milliseconds between the ticks of an axis.
_TICK_MS = 100


@dataclass(frozen=True, slots=True)
class Style:
    """How a trace is put on paper and how the paper reaches us. Lengths are those of a picture 192 pixels wide."""

    geometry: Geometry = CLASSIC
    """Margins, amplitude range and line width, in the classic 192 × 128 pixels."""
    width: int = CLASSIC.width
    """Width of the picture, pixels; the height follows."""
    ink: Colour = (100, 100, 100)
    paper: Colour = WHITE
    grid: Colour | None = None
    """Colour of 1 mm (pale) and 5 mm lines, at 25 mm/s and 10 mm/mV."""
    axes: bool = False
    """A frame with ticks and numbers."""
    blur: float = 0.0
    """Radius, as a fraction of the width in percent."""
    rotation: float = 0.0
    """Degrees, counter-clockwise."""
    perspective: float = 0.0
    """How far corners move, as a fraction of the sides."""
    shade: float = 0.0
    """How much darker the far side of the paper is, 0 to 1."""
    noise: float = 0.0
    """Standard deviation of sensor noise, grey levels."""
    jpeg: int | None = None
    """Quality of the compression; PNG when None."""


def paint(signals: NDArray[np.float32], style: Style, generator: np.random.Generator) -> list[Image.Image]:
    """Pictures of ``signals`` ``[N, 192]`` (millivolts) in one style.

    Args:
        generator: of the corners, the side of the shade and the noise.

    Returns:
        N pictures, grey if every colour of the style is grey, else RGB.
    """
    scale = style.width / style.geometry.width
    geometry = _scaled(style.geometry, scale)
    coverage = (255 - draw(signals, replace(geometry, ink=0))).astype(np.float32)[..., None] / 255
    colours = [style.ink, style.paper, *([style.grid] if style.grid else [])]
    grey = all(len(set(colour)) == 1 for colour in colours)
    channels = 1 if grey else 3
    ink = np.array(style.ink[:channels], dtype=np.float32)
    sheet = np.asarray(_sheet(style, geometry), dtype=np.float32)[..., :channels]
    pictures = []
    for alpha in coverage:
        array = np.rint(sheet + (ink - sheet) * alpha).astype(np.uint8)
        picture = Image.fromarray(array[..., 0] if grey else array)
        pictures.append(_photographed(picture, style, generator))
    return pictures


def encoded(picture: Image.Image, style: Style) -> bytes:
    """The file that a user would send."""
    out = io.BytesIO()
    if style.jpeg is None:
        picture.save(out, "PNG", compress_level=1)
    else:
        picture.save(out, "JPEG", quality=style.jpeg)
    return out.getvalue()


def through_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """The picture after lossy compression."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert(picture.mode)


def random_style(generator: np.random.Generator, geometry: Geometry) -> Style:
    """A style by chance around ``geometry``, in grey: what counts to the server is how light a colour is."""

    def chance(probability: float) -> bool:
        return bool(generator.random() < probability)

    def grey(low: int, high: int) -> Colour:
        level = int(generator.integers(low, high))
        return (level, level, level)

    dark = chance(0.15)
    paper = grey(0, 60) if dark else grey(225, 256)
    ink = grey(150, 256) if dark else grey(0, 130)
    grid = None
    if chance(0.35):
        between = paper[0] + (ink[0] - paper[0]) * generator.uniform(0.08, 0.5)
        grid = (int(between),) * 3
    photo = chance(0.3)
    return Style(
        geometry=geometry,
        width=int(np.exp(generator.uniform(np.log(64), np.log(420)))),
        ink=ink,
        paper=paper,
        grid=grid,
        axes=chance(0.25),
        blur=float(generator.uniform(0.1, 0.5)) if chance(0.25) else 0.0,
        rotation=float(generator.uniform(-3, 3)) if photo or chance(0.15) else 0.0,
        perspective=float(generator.uniform(0, 0.04)) if photo else 0.0,
        shade=float(generator.uniform(0, 0.4)) if photo else 0.0,
        noise=float(generator.uniform(0, 6)) if photo or chance(0.1) else 0.0,
        jpeg=int(generator.integers(30, 96)) if photo or chance(0.25) else None,
    )


_THICK = replace(CLASSIC, line_width=2.2)
_CLOSE = replace(CLASSIC, left=2.0, right=190.0, top=3.0, bottom=125.0)
_PINK: Colour = (240, 170, 170)

#: The styles of the robustness table. The first is the plain drawing that the others are held against.
NAMED: dict[str, Style] = {
    "plain": Style(),
    "black line": Style(ink=(0, 0, 0)),
    "blue line": Style(ink=(31, 119, 180)),
    "thick line": Style(geometry=_THICK),
    "no margins": Style(geometry=_CLOSE),
    "64 pixels wide": Style(width=64),
    "640 pixels wide": Style(width=640),
    "1600 pixels wide": Style(width=1600, geometry=replace(CLASSIC, line_width=0.4)),
    "ECG paper": Style(width=480, ink=(30, 30, 40), paper=(255, 248, 246), grid=_PINK),
    "dark theme": Style(width=384, ink=(120, 230, 140), paper=(18, 18, 24)),
    "dark theme with grid": Style(width=384, ink=(235, 235, 235), paper=(20, 20, 20), grid=(70, 70, 70)),
    "axes and ticks": Style(width=384, ink=(31, 119, 180), axes=True),
    "JPEG quality 30": Style(width=320, ink=(40, 40, 40), jpeg=30),
    "blurred": Style(width=320, blur=0.45),
    "turned by +3 degrees": Style(width=320, rotation=3.0),
    "turned by -3 degrees": Style(width=320, rotation=-3.0),
    "in perspective": Style(width=320, perspective=0.035),
    "photograph of ECG paper": Style(
        width=640,
        ink=(30, 30, 40),
        paper=(252, 246, 242),
        grid=_PINK,
        rotation=1.5,
        perspective=0.025,
        shade=0.3,
        noise=4.0,
        blur=0.2,
        jpeg=60,
    ),
}


def _scaled(geometry: Geometry, scale: float) -> Geometry:
    return replace(
        geometry,
        width=round(geometry.width * scale),
        height=round(geometry.height * scale),
        left=geometry.left * scale,
        right=geometry.right * scale,
        top=geometry.top * scale,
        bottom=geometry.bottom * scale,
        line_width=geometry.line_width * scale,
    )


def _sheet(style: Style, geometry: Geometry) -> Image.Image:
    """The paper with its grid and axes, before the trace is drawn."""
    sheet = Image.new("RGB", (geometry.width, geometry.height), style.paper)
    pen = ImageDraw.Draw(sheet)
    across = (geometry.right - geometry.left) / (WINDOW_SECONDS * 25)
    down = (geometry.bottom - geometry.top) / ((geometry.highest_mv - geometry.lowest_mv) * 10)
    if style.grid is not None:
        pale = tuple((paper + line) // 2 for paper, line in zip(style.paper, style.grid, strict=True))
        for every, colour in ((1, pale), (5, style.grid)):
            # 1 mm squares below two pixels would be one tint, as on any screen.
            if every * across < 2:
                continue
            for x in np.arange(0, geometry.width, every * across):
                pen.line((x, 0, x, geometry.height), fill=colour)
            for y in np.arange(0, geometry.height, every * down):
                pen.line((0, y, geometry.width, y), fill=colour)
    if style.axes:
        frame = (geometry.left, geometry.top, geometry.right, geometry.bottom)
        line = max(1, round(geometry.width / 400))
        pen.rectangle(frame, outline=style.ink, width=line)
        tick = geometry.width / 60
        size = max(6, round(geometry.width / 28))
        for ms in range(0, int(WINDOW_SECONDS * 1000), _TICK_MS):
            x = geometry.left + ms / (WINDOW_SECONDS * 1000) * (geometry.right - geometry.left)
            pen.line((x, geometry.bottom, x, geometry.bottom + tick), fill=style.ink, width=line)
            pen.text((x, geometry.bottom + tick), f"{ms / 1000:.1f}", fill=style.ink, font_size=size, anchor="mt")
        for tenth in range(int(np.ceil(geometry.lowest_mv * 2)), int(geometry.highest_mv * 2) + 1):
            y = geometry.top + (geometry.highest_mv - tenth / 2) * 10 * down
            pen.line((geometry.left - tick, y, geometry.left, y), fill=style.ink, width=line)
            pen.text((geometry.left - tick - 1, y), f"{tenth / 2:.1f}", fill=style.ink, font_size=size, anchor="rm")
    return sheet


def _photographed(picture: Image.Image, style: Style, generator: np.random.Generator) -> Image.Image:
    width, height = picture.size
    ground = style.paper[0] if picture.mode == "L" else style.paper
    if style.rotation:
        picture = picture.rotate(style.rotation, Image.Resampling.BILINEAR, fillcolor=ground)
    if style.perspective:
        moves = generator.uniform(-style.perspective, style.perspective, size=(4, 2)) * (width, height)
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
        picture = picture.transform(
            picture.size,
            Image.Transform.PERSPECTIVE,
            _perspective(corners, corners + moves),
            Image.Resampling.BILINEAR,
            fillcolor=ground,
        )
    if style.shade or style.noise:
        array = np.asarray(picture, dtype=np.float32)
        slope = np.linspace(1 - style.shade, 1, width if generator.random() < 0.5 else height, dtype=np.float32)
        if generator.random() < 0.5:
            slope = slope[::-1]
        light = np.broadcast_to(slope if len(slope) == width else slope[:, None], (height, width))
        array = array * (light if array.ndim == 2 else light[..., None])
        array = array + style.noise * generator.standard_normal(array.shape, dtype=np.float32)
        picture = Image.fromarray(np.clip(np.rint(array), 0, 255).astype(np.uint8))
    if style.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(style.blur / 100 * width))
    if style.jpeg is not None:
        picture = through_jpeg(picture, style.jpeg)
    return picture


def _perspective(corners: NDArray[np.float64], source: NDArray[np.float64]) -> tuple[float, ...]:
    """The eight coefficients that map points of the result (``corners``) to points of the picture (``source``)."""
    equations, values = [], []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(equations), np.array(values)).tolist())
