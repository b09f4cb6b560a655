"""What a worker does for strips and pages; loaded with the first of them, as it needs SciPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ecg.pictures.decoding import ImageLimits
from ecg.pictures.pages import overlay
from ecg.pictures.pages.files import read_file
from inference_server.classification.page_messages import Digitized, to_response
from inference_server.models.page_model import PageModel, newest
from inference_server.workers.page_tasks import PageTask, from_body


def digitized(task: PageTask, limits: ImageLimits, network: PageModel | None, go_on: Callable[[], None]) -> Digitized:
    """What one encoded picture, or PDF of one page, shows; with a network's help where there is one.

    Raises:
        ImageError: the picture can't be used.
    """
    ink = None if network is None else network.ink
    reading = read_file(task.image, limits, ink, corrections=task.corrections, go_on=go_on)
    drawn = overlay.png(reading) if task.with_overlay and reading.leads else b""
    return Digitized(reading, drawn)


class PageWork:
    """Reads strips and pages with the network that is there."""

    def __init__(self, models: Path | None) -> None:
        """Load the newest of its versions, which are in the folder ``models``."""
        self._network = None if models is None else newest(models)

    def answer(self, body: bytes, limits: ImageLimits, go_on: Callable[[], None]) -> bytes:
        """The reply to a task: a serialised ``ecg.v1.DigitizeImageResponse``; ``go_on`` may end the work by raising.

        Args:
            body: Of the task, as :mod:`inference_server.workers.page_tasks` makes it.
            limits: What a picture may cost.
            go_on: Called between the steps.

        Raises:
            ImageError: the picture can't be used.
        """
        return to_response(digitized(from_body(body), limits, self._network, go_on)).SerializeToString()
