"""What a report says of a recording that was read from a picture: so much, by which scale, and what it can't say."""

from __future__ import annotations

from collections.abc import Iterator

from ecg.pictures.pages.result import Basis, Calibration
from inference_server.exports.wording import Wording


def picture_lines(calibration: Calibration | None, seconds: float, words: Wording) -> Iterator[str]:
    """A sentence each.

    Args:
        calibration: The scale that the picture was read by; None where it isn't known.
        seconds: How much time stands on the picture.
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
    yield words(
        "{seconds} seconds can't say what a day can: how often beats come early, whether episodes come and go, how the"
        " rate changes over the hours. What isn't seen here may still be there.",
        seconds=words.number(seconds),
    )


def _basis(basis: Basis, words: Wording) -> str:
    return {
        Basis.GRID: words("measured on the grid"),
        Basis.PRINT: words("printed on the page"),
        Basis.PULSE: words("measured on the calibration pulse"),
        Basis.STATED: words("stated by a person"),
        Basis.ASSUMED: words("assumed, as nothing on the picture tells it"),
    }[basis]
