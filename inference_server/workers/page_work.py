"""What a worker does for strips and pages; loaded with the first of them, as it needs SciPy."""

from __future__ import annotations

from collections.abc import Callable

from ecg.pictures.decoding import ImageLimits
from ecg.pictures.pages import overlay
from ecg.pictures.pages.files import read_file
from inference_server.classification.page_messages import Digitized, to_response

WITHOUT_OVERLAY = b"\0"
WITH_OVERLAY = b"\1"


def digitized(data: bytes, limits: ImageLimits, *, with_overlay: bool, go_on: Callable[[], None]) -> Digitized:
    """What one encoded picture, or PDF of one page, shows.

    Raises:
        ImageError: the picture can't be used.
    """
    reading = read_file(data, limits, go_on=go_on)
    drawn = overlay.png(reading) if with_overlay and reading.leads else b""
    return Digitized(reading, drawn)


def answer(body: bytes, limits: ImageLimits, go_on: Callable[[], None]) -> bytes:
    """The reply to a task: a serialised ``ecg.v1.DigitizeImageResponse``; ``go_on`` may end the work by raising.

    Args:
        body: Whether an overlay is wanted, one byte, and the encoded picture.

    Raises:
        ImageError: the picture can't be used.
    """
    digitized_page = digitized(body[1:], limits, with_overlay=body[:1] == WITH_OVERLAY, go_on=go_on)
    return to_response(digitized_page).SerializeToString()
