"""How a page is caught: by a scanner, a camera, a screenshot, off a monitor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.pages import light, scribbles
from training.pages.light import Light, Pixels
from training.pages.sheet import Sheet
from training.pages.style import Generator
from training.pages.truth import LeadTruth, Points
from training.pages.warp import Bend, Warp, placed
from training.pictures.nonbeats.sheets import texture


class Medium(Enum):
    """How a page is caught."""

    CLEAN = "clean"
    """A good scanner, paper laid straight."""
    SCAN = "scan"
    """Any scanner: askew, faded, dirty, written upon."""
    PHOTOGRAPH = "photograph"
    SCREENSHOT = "screenshot"
    MONITOR = "monitor"
    """A dark monitor's screen, as a screenshot or photographed."""


@dataclass(frozen=True, slots=True)
class Caught:
    """A finished picture."""

    pixels: Pixels
    labels: NDArray[np.uint8]
    corners: Points
    leads: tuple[LeadTruth, ...]
    pixels_per_mm: float
    jpeg: bytes | None
    """The file, where it is a JPEG file."""


def caught(page: Sheet, medium: Medium, generator: Generator) -> Caught:
    """The picture that such a medium makes of a page."""
    if medium in (Medium.SCAN, Medium.PHOTOGRAPH) and generator.random() < 0.3:
        scribbles.write(page, generator)
    photographed = medium is Medium.PHOTOGRAPH or (medium is Medium.MONITOR and generator.random() < 0.35)
    warp = _photographed(page, generator) if photographed else _laid(page, medium, generator)
    surroundings = _surroundings(warp.size, medium, generator, photographed=photographed)
    pixels, labels = _resampled(page, warp, surroundings)
    taken = _camera_light(medium, generator) if photographed else _plain_light(medium, generator)
    pixels = light.lit(pixels, taken, generator)
    file = None
    if taken.jpeg is not None:
        pixels, file = light.compressed(pixels, taken.jpeg)
    height, width = page.trace.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    return Caught(
        pixels,
        labels,
        warp.to_picture(corners),
        tuple(_moved(lead, warp) for lead in page.leads),
        page.pixels_per_mm * warp.scale_at(corners[2:3] / 2),
        file,
    )


def _moved(lead: LeadTruth, warp: Warp) -> LeadTruth:
    """A lead of the sheet as it lies in the picture."""
    known = np.isfinite(lead.trace[:, 1])
    trace = np.full_like(lead.trace, np.nan)
    trace[known] = warp.to_picture(lead.trace[known])
    left, top, right, bottom = lead.box
    outline = warp.to_picture(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]))
    (low_x, low_y), (high_x, high_y) = outline.min(axis=0), outline.max(axis=0)
    return replace(lead, trace=trace, box=(float(low_x), float(low_y), float(high_x), float(high_y)))


def _resampled(page: Sheet, warp: Warp, surroundings: Pixels) -> tuple[Pixels, NDArray[np.uint8]]:
    image, labels = Image.fromarray(page.painted()), Image.fromarray(page.labels())
    there = warp.resampled(Image.new("L", image.size, 255), Image.Resampling.BILINEAR)
    picture = Image.fromarray(surroundings)
    picture.paste(warp.resampled(image, Image.Resampling.BICUBIC), (0, 0), there)
    return np.asarray(picture), np.asarray(warp.resampled(labels, Image.Resampling.NEAREST))


def _laid(page: Sheet, medium: Medium, generator: Generator) -> Warp:
    """On the glass of a scanner, or in a window."""
    size = (page.trace.shape[1], page.trace.shape[0])
    if medium is Medium.CLEAN:
        return placed(size, degrees=float(generator.normal(0, 0.2)))
    if medium is Medium.SCAN:
        margin = tuple(float(part) for part in generator.uniform(-0.005, 0.04, 4))
        turn = 90.0 * int(generator.integers(1, 4)) if generator.random() < 0.1 else 0.0
        degrees = turn + float(np.clip(generator.normal(0, 1.5), -5, 5))
        return placed(size, degrees=degrees, margin=(margin[0], margin[1], margin[2], margin[3]))
    edges = generator.uniform(0, 0.12, 4) * (generator.random(4) < 0.6)
    return placed(size, margin=(float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])))


def _photographed(page: Sheet, generator: Generator) -> Warp:
    """Before a camera: turned, seen askew, curled."""
    size = (page.trace.shape[1], page.trace.shape[0])
    degrees = float(generator.uniform(-30, 30) if generator.random() < 0.3 else generator.normal(0, 4))
    if generator.random() < 0.12:
        degrees += 90.0 * int(generator.integers(1, 4))
    strength = generator.uniform(0, 0.05)
    bends = []
    longer = max(size)
    if generator.random() < 0.5:
        across = float(generator.choice([0.0, np.pi / 2]) + generator.normal(0, 0.1))
        amplitude, length = generator.uniform(0.001, 0.008) * longer, generator.uniform(0.8, 2.5) * longer
        bends.append(Bend(amplitude, length, float(generator.uniform(0, 6.3)), across, across + np.pi / 2))
    if generator.random() < 0.25:
        for _ in range(3):
            across, direction, phase = (float(angle) for angle in generator.uniform(0, 6.3, 3))
            amplitude, length = generator.uniform(0.0003, 0.001) * longer, generator.uniform(0.08, 0.3) * longer
            bends.append(Bend(amplitude, length, phase, across, direction))
    left, top, right, bottom = (float(part) for part in generator.uniform(-0.01, 0.08, 4))
    return placed(
        size,
        degrees=degrees,
        perspective=generator.uniform(-strength, strength, (4, 2)),
        margin=(left, top, right, bottom),
        bends=tuple(bends),
    )


def _surroundings(size: tuple[int, int], medium: Medium, generator: Generator, *, photographed: bool) -> Pixels:
    """What is seen beside the page, ``[height, width, 3]``."""
    width, height = size
    if photographed and generator.random() < 0.7:
        small = np.asarray(texture(generator, (width // 8 + 1, height // 8 + 1), generator.uniform(1.2, 2.4)))
        tone = generator.uniform(0.15, 0.9) * small + generator.uniform(0, 60)
        ground = Image.fromarray(np.clip(tone, 0, 255).astype(np.uint8)).convert("RGB")
        return np.asarray(ground.resize(size, Image.Resampling.BICUBIC))
    if photographed:
        colour = generator.integers(20, 235, 3)
    elif medium is Medium.SCREENSHOT:
        colour = np.repeat(generator.choice([255, 245, 230, 60, 30]), 3)
    elif medium is Medium.MONITOR:
        colour = generator.integers(0, 40, 3)
    else:
        colour = np.repeat(255 if medium is Medium.CLEAN or generator.random() < 0.8 else generator.integers(0, 60), 3)
    return np.full((height, width, 3), colour, np.uint8)


def _plain_light(medium: Medium, generator: Generator) -> Light:
    if medium is Medium.CLEAN:
        quality = int(generator.integers(90, 98)) if generator.random() < 0.5 else None
        return Light(blur=float(generator.uniform(0.2, 0.6)), noise=float(generator.uniform(0, 2.5)), jpeg=quality)
    if medium is Medium.SCAN:
        return Light(
            shade=float(generator.uniform(0, 0.15)),
            tint=_tint(generator, 0.05),
            creases=int(generator.integers(0, 3)),
            blur=float(generator.uniform(0.2, 1.1)),
            noise=float(generator.uniform(0, 6)),
            jpeg=int(generator.integers(50, 96)),
        )
    return Light(jpeg=int(generator.integers(60, 96)) if generator.random() < 0.4 else None)


def _camera_light(medium: Medium, generator: Generator) -> Light:
    off_screen = medium is Medium.MONITOR
    return Light(
        shade=float(generator.uniform(0, 0.45)),
        shadows=0 if off_screen else int(generator.choice([0, 1, 2], p=[0.5, 0.35, 0.15])),
        tint=_tint(generator, 0.12),
        creases=0 if off_screen else int(generator.choice([0, 2, 6], p=[0.6, 0.3, 0.1])),
        moire=float(generator.uniform(0.02, 0.14)) if generator.random() < (0.6 if off_screen else 0.06) else 0.0,
        blur=float(generator.uniform(0.3, 1.4)),
        noise=float(generator.uniform(1, 8)),
        jpeg=int(generator.integers(50, 93)),
    )


def _tint(generator: Generator, spread: float) -> tuple[float, float, float]:
    red, green, blue = (float(part) for part in generator.uniform(1 - spread, 1, 3))
    return red, green, blue
