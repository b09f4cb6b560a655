"""Stretches of recordings on ECG paper: 25 mm/s, 10 mm/mV, 1 mm and 5 mm squares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ecg.beats import PRIMARY_LEAD, SAMPLING_RATE
from ecg.pictures.rendering import Geometry, draw

MM_PER_SECOND = 25.0
MM_PER_MV = 10.0

_PAPER = (255, 250, 247)
_FINE = (248, 222, 216)
_BOLD = (236, 178, 168)
_INK = (26, 32, 44)
_FONT_SIZE = 15


@dataclass(frozen=True, slots=True)
class Strip:
    """A stretch of one lead."""

    millivolts: NDArray[np.float32]
    lead: str


def read_strip(folder: Path, record: str, sample: int, *, seconds: float) -> Strip:
    """The stretch of ``seconds`` around ``sample`` in the record's primary lead."""
    half = round(seconds * SAMPLING_RATE / 2)
    signal = wfdb.rdrecord(str(folder / record), sampfrom=max(0, sample - half), sampto=sample + half)
    leads = list(signal.sig_name)
    channel = leads.index(PRIMARY_LEAD) if PRIMARY_LEAD in leads else 0
    return Strip(signal.p_signal[:, channel].astype(np.float32), leads[channel])


def draw_on_paper(strip: Strip, *, pixels_per_mm: int = 10) -> Image.Image:
    """Draw a strip on calibrated paper, at least 30 mm high and as high as the trace needs."""
    low, high = float(strip.millivolts.min()), float(strip.millivolts.max())
    height_mm = max(30, 5 * int(np.ceil(((high - low) * MM_PER_MV + 8) / 5)))
    width_mm = int(np.ceil((len(strip.millivolts) - 1) / SAMPLING_RATE * MM_PER_SECOND))
    width, height = width_mm * pixels_per_mm, height_mm * pixels_per_mm
    sheet = Image.new("RGB", (width, height), _PAPER)
    grid = ImageDraw.Draw(sheet)
    for every, colour, line in ((1, _FINE, 1), (5, _BOLD, 2)):
        for x in range(0, width_mm + 1, every):
            grid.line((x * pixels_per_mm, 0, x * pixels_per_mm, height), fill=colour, width=line)
        for y in range(0, height_mm + 1, every):
            grid.line((0, y * pixels_per_mm, width, y * pixels_per_mm), fill=colour, width=line)

    range_mv = height_mm / MM_PER_MV
    middle = (low + high) / 2
    geometry = Geometry(
        width=width,
        height=height,
        left=0.0,
        right=(len(strip.millivolts) - 1) / SAMPLING_RATE * MM_PER_SECOND * pixels_per_mm,
        top=0.0,
        bottom=float(height),
        lowest_mv=float(middle - range_mv / 2),
        highest_mv=float(middle + range_mv / 2),
        line_width=0.35 * pixels_per_mm,
        ink=0,
    )
    trace = 255 - draw(strip.millivolts[None], geometry)[0]
    sheet.paste(Image.new("RGB", sheet.size, _INK), mask=Image.fromarray(trace))
    label = f"lead {strip.lead}   25 mm/s   10 mm/mV"
    text = ImageDraw.Draw(sheet)
    box = text.textbbox((0, 0), label, font_size=_FONT_SIZE)
    corner = (pixels_per_mm, height - box[3] - pixels_per_mm)
    text.rectangle((corner[0] - 4, corner[1] - 2, corner[0] + box[2] + 4, corner[1] + box[3] + 4), fill=_PAPER)
    text.text(corner, label, fill=(92, 70, 66), font_size=_FONT_SIZE)
    return sheet
