"""What opens pictures and documents of strangers, each time in a process of its own that may die."""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from typing import Final, cast

from ecg import confinement
from ecg.confinement import Limits, Plain, Turns
from ecg.pictures import conversion, cutting, decoding
from ecg.pictures.conversion import Kept, Native
from ecg.pictures.cutting import Region
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason
from ecg.pictures.documents.drawing import Drawing
from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, Kind, kind_of

_log = logging.getLogger(__name__)

#: Far above what the largest picture takes that passes the check of its cost (a second or two; 330 MB).
_LIMITS: Final = Limits(cpu_seconds=10.0, wall_seconds=30.0, memory_bytes=640 * 1024 * 1024)
#: Decoders at work at once in each process that uses them, and how long the others wait.
_turns: Final = Turns(max(1, min(2, os.cpu_count() or 1)), wait_seconds=20.0)


def to_native(data: bytes, limits: ImageLimits | None = None) -> Native:
    """A PNG or JPEG as it is, any other picture converted to one.

    Raises:
        ImageError: it can't be read within ``limits``, or is no picture.
        confinement.NoTurn: too many pictures are being decoded just now.
    """
    limits = limits or ImageLimits()
    if kind_of(data[:BEGINNING_BYTES]) not in CONVERTIBLE:  # nothing is decoded then
        return conversion.to_native(data, limits)
    answer = _run(_to_native, data, limits)
    return Native(answer["data"], Kind(answer["kind"]))


def for_keeping(data: bytes, limits: ImageLimits, thumbnail_size: tuple[int, int]) -> Kept:
    """``data`` as PNG or JPEG without anything but its pixels, and its thumbnail of at most ``thumbnail_size`` pixels.

    Raises:
        ImageError: it can't be read within ``limits``, or is no picture.
        confinement.NoTurn: too many pictures are being decoded just now.
    """
    if kind_of(data[:BEGINNING_BYTES]) not in CONVERTIBLE:
        decoding.check(data, limits)  # what is refused by its structure needs no process
    answer = _run(_for_keeping, data, limits, thumbnail_size)
    return Kept(**{**answer, "kind": Kind(answer["kind"])})


def cut_out(data: bytes, limits: ImageLimits, region: Region, degrees: float) -> bytes:
    """A part of a PNG or JPEG, upright, as PNG (:func:`ecg.pictures.cutting.cut_out`).

    Raises:
        ImageError: it can't be read within ``limits``, or is no such picture.
        confinement.NoTurn: too many pictures are being decoded just now.
    """
    return cast(bytes, _run(_cut_out, data, limits, region, degrees)["data"])


def drawing_of(data: bytes, limits: ImageLimits | None = None) -> Drawing:
    """The lines and words of a PDF's only page.

    Raises:
        ImageError: it can't be read within ``limits``.
        confinement.NoTurn: too many pictures are being decoded just now.
    """
    limits = limits or ImageLimits()
    if not data or len(data) > limits.max_bytes:
        decoding.check(data, limits)
    return Drawing.of_plain(_run(_drawing_of, data))


def _run(function: object, *arguments: object) -> dict[str, Plain]:
    try:
        with _turns:
            answer: dict[str, Plain] = confinement.run(function, *arguments, limits=_LIMITS)  # type: ignore[arg-type]
    except (confinement.TookTooLong, confinement.TookTooMuchMemory) as error:
        message = "Decoding the picture would take too much time or memory. Save it again as an ordinary PNG or JPEG."
        raise ImageError(ImageReason.TOO_COSTLY, message) from error
    except confinement.Crashed as error:
        _log.error("decoder crashed: %s", error)
        raise ImageError(ImageReason.CORRUPT, "The picture is damaged and can't be decoded.") from error
    if "reason" in answer:
        raise ImageError(ImageReason(answer["reason"]), answer["message"])
    return answer


def _to_native(data: bytes, limits: ImageLimits) -> Plain:
    try:
        native = conversion.to_native(data, limits)
    except ImageError as error:
        return _refusal(error)
    return {"data": native.data, "kind": native.kind.value}


def _cut_out(data: bytes, limits: ImageLimits, region: Region, degrees: float) -> Plain:
    try:
        return {"data": cutting.cut_out(data, limits, region, degrees)}
    except ImageError as error:
        return _refusal(error)


def _drawing_of(data: bytes) -> Plain:
    import pypdfium2

    from ecg.pictures.documents import extraction

    try:
        return extraction.drawing_of(data).to_plain()
    except ImageError as error:
        return _refusal(error)
    except pypdfium2.PdfiumError:
        return _refusal(ImageError(ImageReason.CORRUPT, "The file is a PDF document, but it is damaged."))


def _for_keeping(data: bytes, limits: ImageLimits, thumbnail_size: tuple[int, int]) -> Plain:
    try:
        converted = conversion.for_keeping(data, limits, thumbnail_size)
    except ImageError as error:
        return _refusal(error)
    return {**asdict(converted), "kind": converted.kind.value}


def _refusal(error: ImageError) -> Plain:
    return {"reason": error.reason.value, "message": str(error)}
