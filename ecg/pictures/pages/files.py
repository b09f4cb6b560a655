"""Any file of a strip or page to what is read of it: pictures by their pixels, documents by their lines."""

from __future__ import annotations

from collections.abc import Callable

from ecg.pictures import confined
from ecg.pictures.decoding import ImageLimits
from ecg.pictures.kinds import BEGINNING_BYTES, Kind, kind_of
from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.opening import read_picture
from ecg.pictures.pages.probabilities import Probabilities
from ecg.pictures.pages.reading import go_on_always
from ecg.pictures.pages.result import PageReading
from ecg.pictures.pages.vectors import reading


def read_file(
    data: bytes,
    limits: ImageLimits | None = None,
    probabilities: Probabilities | None = None,
    *,
    corrections: Corrections = NOTHING,
    go_on: Callable[[], None] = go_on_always,
) -> PageReading:
    """What a PNG, a JPEG or a PDF of one page shows.

    A PDF whose traces and grid are lines is read by these, exactly; any other, and one of which something is stated, as
    the picture that it is drawn as.

    Args:
        data: The file.
        limits: What it may cost.
        probabilities: A network's word on each pixel, for pages of which words are missing.
        corrections: What a person states of it.
        go_on: Called between the steps; may end the work by raising.

    Returns:
        Places are pixels of the upright picture; for a PDF, of its page at 300 to the inch.

    Raises:
        ImageError: the file can't be used.
        ecg.confinement.NoTurn: too many documents are being opened just now.
    """
    if kind_of(data[:BEGINNING_BYTES]) is not Kind.PDF:
        return read_picture(data, limits, probabilities, corrections=corrections, go_on=go_on)
    found = reading.read(confined.drawing_of(data, limits)) if corrections == NOTHING else None
    go_on()
    if found is not None:
        return found
    picture = confined.to_native(data, limits).data
    return read_picture(picture, limits, probabilities, corrections=corrections, go_on=go_on)
