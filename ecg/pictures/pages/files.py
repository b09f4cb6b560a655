"""Any file of a strip or page to what is read of it: pictures by their pixels, documents by their lines."""

from __future__ import annotations

from collections.abc import Callable

from ecg.pictures import confined
from ecg.pictures.decoding import ImageLimits
from ecg.pictures.kinds import BEGINNING_BYTES, Kind, kind_of
from ecg.pictures.pages.opening import read_picture
from ecg.pictures.pages.reading import go_on_always
from ecg.pictures.pages.result import PageReading
from ecg.pictures.pages.vectors import reading


def read_file(
    data: bytes, limits: ImageLimits | None = None, *, go_on: Callable[[], None] = go_on_always
) -> PageReading:
    """What a PNG, a JPEG or a PDF of one page shows.

    A PDF whose traces and grid are lines is read by these, exactly; any other as the picture that it is drawn as.

    Args:
        data: The file.
        limits: What it may cost.
        go_on: Called between the steps; may end the work by raising.

    Returns:
        Places are pixels of the upright picture; for a PDF, of its page at 300 to the inch.

    Raises:
        ImageError: the file can't be used.
        ecg.confinement.NoTurn: too many documents are being opened just now.
    """
    if kind_of(data[:BEGINNING_BYTES]) is not Kind.PDF:
        return read_picture(data, limits, go_on=go_on)
    found = reading.read(confined.drawing_of(data, limits))
    go_on()
    return found or read_picture(confined.to_native(data, limits).data, limits, go_on=go_on)
