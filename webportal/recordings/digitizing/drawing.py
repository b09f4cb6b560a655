"""What ``recordings/parts/paper.html`` shows: a picture, and what was read on it."""

from __future__ import annotations

from typing import Any

from ecg.pictures.pages.result import PageReading

from webportal.recordings.digitizing.facts import scale_facts
from webportal.recordings.digitizing.places import places


def laid_over(reading: PageReading, *, picture: str, overlay: str) -> dict[str, Any]:
    """The part's context: where everything stands, the scale, and the addresses of the picture and its overlay."""
    return {
        "places": places(reading),
        "scale": scale_facts(reading.calibration),
        "picture_address": picture,
        "overlay_address": overlay if reading.leads else "",
    }
