"""The task of reading a strip or page, as it goes to a worker; without SciPy, which the front does without."""

from __future__ import annotations

from typing import Final, NamedTuple

from ecg.pictures.pages.corrections import Corrections
from inference_server.classification.corrections_messages import from_corrections, to_corrections
from inference_server.generated.ecg.v1 import digitization_pb2 as pb

_WITHOUT_OVERLAY: Final = 0
_WITH_OVERLAY: Final = 1
#: Bytes that say how many bytes what is stated takes.
_LENGTH: Final = 4


class PageTask(NamedTuple):
    """What is to be read."""

    image: bytes
    corrections: Corrections
    with_overlay: bool


def to_body(image: bytes, corrections: Corrections, *, with_overlay: bool) -> bytes:
    """The task's body: whether an overlay is wanted, what is stated, and the encoded picture."""
    stated = to_corrections(corrections).SerializeToString()
    overlay = _WITH_OVERLAY if with_overlay else _WITHOUT_OVERLAY
    return b"".join((bytes([overlay]), len(stated).to_bytes(_LENGTH, "big"), stated, image))


def from_body(body: bytes) -> PageTask:
    """What :func:`to_body` made."""
    begin = 1 + _LENGTH
    end = begin + int.from_bytes(body[1:begin], "big")
    stated = pb.PageCorrections.FromString(body[begin:end])
    return PageTask(body[end:], from_corrections(stated), body[0] == _WITH_OVERLAY)
