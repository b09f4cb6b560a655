"""What a worker does for strips and pages; loaded with the first of them, as it needs SciPy."""

from __future__ import annotations

from collections.abc import Callable

from ecg.pictures.decoding import ImageLimits
from ecg.pictures.pages import overlay
from ecg.pictures.pages.files import read_file
from inference_server.classification.page_messages import Digitized, to_response
from inference_server.workers.page_tasks import PageTask, from_body


def digitized(task: PageTask, limits: ImageLimits, go_on: Callable[[], None]) -> Digitized:
    """What one encoded picture, or PDF of one page, shows.

    Raises:
        ImageError: the picture can't be used.
    """
    reading = read_file(task.image, limits, corrections=task.corrections, go_on=go_on)
    drawn = overlay.png(reading) if task.with_overlay and reading.leads else b""
    return Digitized(reading, drawn)


def answer(body: bytes, limits: ImageLimits, go_on: Callable[[], None]) -> bytes:
    """The reply to a task: a serialised ``ecg.v1.DigitizeImageResponse``; ``go_on`` may end the work by raising.

    Args:
        body: Of the task, as :mod:`inference_server.workers.page_tasks` makes it.

    Raises:
        ImageError: the picture can't be used.
    """
    return to_response(digitized(from_body(body), limits, go_on)).SerializeToString()
