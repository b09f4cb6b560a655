"""What is stored of a picture of a strip or page in its recording's folder: the picture, and what was read of it.

``sent/0`` is the picture, without anything but its pixels; of a PDF it is the file as it came, and ``page/picture`` the
page drawn. ``page/found`` is the server's answer (``ecg.v1.DigitizeImageResponse``), ``page/asked.json`` the
corrections that it was asked with.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from django.conf import settings
from ecg.pictures import confined
from ecg.pictures.decoding import ImageLimits
from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, MEDIA_TYPES, NATIVE, Kind, kind_of
from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.result import PageReading
from inference_server.classification.page_messages import Digitized, from_response, to_response
from inference_server.generated.ecg.v1.digitization_pb2 import DigitizeImageResponse

from webportal.media.folders import Folder
from webportal.recordings.digitizing.answers import PageAnswers, corrections_from_json, corrections_to_json, named
from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import sent_name

_SENT: Final = sent_name(0)
_PAGE: Final = "page"
_DRAWN, _FOUND, _ASKED = f"{_PAGE}/picture", f"{_PAGE}/found", f"{_PAGE}/asked.json"
#: Of what is drawn for lists elsewhere; here none is stored.
_NO_THUMBNAIL = (1, 1)


def is_picture(recording: Recording) -> bool:
    """Whether what was sent is one picture, or a PDF."""
    return len(recording.files) == 1 and _kind_of(recording.stored, _SENT) in NATIVE | CONVERTIBLE


def picture_limits() -> ImageLimits:
    """What decoding a picture may cost."""
    return ImageLimits(max_bytes=settings.PICTURE_MAX_BYTES, max_pixels=settings.PICTURE_MAX_PIXELS)


def named_reading(recording: Recording) -> PageReading:
    """What was read of its picture, with the names that its owner gave.

    Raises:
        FileNotFoundError: nothing was asked yet.
    """
    return named(StoredPage(recording).found().reading, PageAnswers.of(recording).names)


class StoredPage:
    """The files of one picture."""

    def __init__(self, recording: Recording) -> None:
        self._stored = recording.stored

    @property
    def picture(self) -> bytes:
        """The upright picture, PNG or JPEG, once :meth:`clean` was called."""
        return self._stored.read(self._picture)

    @property
    def to_send(self) -> bytes:
        """What the server is asked about: the picture; of a PDF the PDF, whose lines can be read exactly."""
        return self._stored.read(_SENT)

    @property
    def media_type(self) -> str:
        """Of :attr:`picture`."""
        return MEDIA_TYPES[_kind_of(self._stored, self._picture)]

    @property
    def _picture(self) -> str:
        return _DRAWN if self._stored.exists(_DRAWN) else _SENT

    @property
    def bytes(self) -> int:
        """Of all its files together."""
        return self._stored.size(_SENT) + sum(self._stored.size(name) for name in self._stored.names(_PAGE))

    def clean(self) -> None:
        """Leave nothing in the picture but its pixels, upright; a second time changes nothing.

        Raises:
            ImageError: it is no picture that can be used, or larger than pictures may be.
            ecg.confinement.NoTurn: too many pictures are being decoded just now.
        """
        limits = picture_limits()
        with self._stored.opened(_SENT) as file:
            data = file.read(limits.max_bytes + 1)
        prepared = confined.for_keeping(data, limits, _NO_THUMBNAIL)
        self._stored.write(_DRAWN if kind_of(data[:BEGINNING_BYTES]) is Kind.PDF else _SENT, prepared.data)

    def store(self, digitized: Digitized, corrections: Corrections) -> None:
        """Write what was read, and which corrections were asked for."""
        self._stored.write(_FOUND, to_response(digitized).SerializeToString())
        self._stored.write(_ASKED, json.dumps(corrections_to_json(corrections)).encode())

    def forget(self) -> None:
        """Leave nothing but what was sent."""
        self._stored.delete_all(_PAGE)

    def has_answer_to(self, corrections: Corrections) -> bool:
        """Whether the picture was read with these corrections."""
        try:
            asked = json.loads(self._stored.read(_ASKED))
        except FileNotFoundError:
            return False
        return corrections_from_json(asked) == corrections and self.has_answer

    @property
    def has_answer(self) -> bool:
        """Whether anything was read of it."""
        return self._stored.exists(_FOUND)

    def found(self) -> Digitized:
        """What was read.

        Raises:
            FileNotFoundError: nothing was asked yet.
        """
        return _parsed(_Answer(self._stored, self._stored.name, self._stored.version(_FOUND)))

    @property
    def version(self) -> str:
        """Other for another answer."""
        return self._mark(_FOUND)

    @property
    def picture_version(self) -> str:
        """Other for another picture."""
        return self._mark(self._picture)

    def _mark(self, name: str) -> str:
        written = f"{self._stored.name}/{name}:{self._stored.version(name)}"
        return hashlib.sha256(written.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class _Answer:
    stored: Folder = field(compare=False)
    folder: str
    version: str


@lru_cache(maxsize=8)
def _parsed(answer: _Answer) -> Digitized:
    return from_response(DigitizeImageResponse.FromString(answer.stored.read(_FOUND)))


def _kind_of(stored: Folder, name: str) -> Kind:
    try:
        with stored.opened(name) as file:
            return kind_of(file.read(BEGINNING_BYTES))
    except FileNotFoundError:
        return Kind.UNKNOWN
