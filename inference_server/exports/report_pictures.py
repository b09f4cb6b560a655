"""What a report says of a recording that was read from a picture: that it was, and by which scale."""

from __future__ import annotations

from collections.abc import Iterator

from ecg.pictures.pages.result import Basis, Calibration
from inference_server.exports.wording import Wording


def picture_lines(calibration: Calibration | None, words: Wording) -> Iterator[str]:
    """A sentence each.

    Args:
        calibration: The scale that the picture was read by; None where it isn't known.
        words: Their language.
    """
    yield words(
        "The signal was read from a picture, not recorded by a device: it is as good as paper, print and picture are."
    )
    if calibration is not None:
        yield words(
            "Scale: {speed} mm/s ({speed_basis}), {gain} mm/mV ({gain_basis}); the millimetre is {millimetre_basis}.",
            speed=words.short(calibration.mm_per_second),
            speed_basis=_basis(calibration.speed, words),
            gain=words.short(calibration.mm_per_mv),
            gain_basis=_basis(calibration.gain, words),
            millimetre_basis=_basis(calibration.millimetre, words),
        )


def _basis(basis: Basis, words: Wording) -> str:
    return {
        Basis.GRID: words("measured on the grid"),
        Basis.PRINT: words("printed on the page"),
        Basis.PULSE: words("measured on the calibration pulse"),
        Basis.STATED: words("stated by a person"),
        Basis.ASSUMED: words("assumed, as nothing on the picture tells it"),
    }[basis]
