"""What is stored of a picture of a strip or page in its recording's folder: the picture, and what was read of it.

``sent/0`` is the picture, without anything but its pixels; of a PDF it is the file as it came, and ``page/picture`` the
page drawn. ``page/found`` is the server's answer (``ecg.v1.DigitizeImageResponse``), ``page/asked.json`` the
corrections that it was asked with.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from ecg.pictures import confined
from ecg.pictures.decoding import ImageLimits
from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, MEDIA_TYPES, NATIVE, Kind, kind_of
from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.result import PageReading
from inference_server.classification.page_messages import Digitized, from_response, to_response
from inference_server.generated.ecg.v1.digitization_pb2 import DigitizeImageResponse

from webportal.recordings.digitizing.answers import PageAnswers, corrections_from_json, corrections_to_json, named
from webportal.recordings.models import Recording

#: Of what is drawn for lists elsewhere; here none is stored.
_NO_THUMBNAIL = (1, 1)


def is_picture(recording: Recording) -> bool:
    """Whether what was sent is one picture, or a PDF."""
    return len(recording.files) == 1 and _kind_at(recording.originals / "0") in NATIVE | CONVERTIBLE


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
        self._sent = recording.originals / "0"
        self.folder = recording.path / "page"

    @property
    def picture(self) -> Path:
        """The upright picture, PNG or JPEG, once :meth:`clean` was called."""
        drawn = self.folder / "picture"
        return drawn if drawn.exists() else self._sent

    @property
    def to_send(self) -> Path:
        """What the server is asked about: the picture; of a PDF the PDF, whose lines can be read exactly."""
        return self._sent

    @property
    def media_type(self) -> str:
        """Of :attr:`picture`."""
        return MEDIA_TYPES[_kind_at(self.picture)]

    @property
    def bytes(self) -> int:
        """Of all its files together."""
        return self._sent.stat().st_size + sum(path.stat().st_size for path in self.folder.glob("*"))

    def clean(self) -> None:
        """Leave nothing in the picture but its pixels, upright; a second time changes nothing.

        Raises:
            ImageError: it is no picture that can be used, or larger than pictures may be.
            ecg.confinement.NoTurn: too many pictures are being decoded just now.
        """
        limits = picture_limits()
        with self._sent.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
        prepared = confined.for_keeping(data, limits, _NO_THUMBNAIL)
        if _kind_at(self._sent) is not Kind.PDF:
            _write(self._sent, prepared.data)
        else:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            _write(self.folder / "picture", prepared.data)

    def store(self, digitized: Digitized, corrections: Corrections) -> None:
        """Write what was read, and which corrections were asked for."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _write(self.folder / "found", to_response(digitized).SerializeToString())
        _write(self.folder / "asked.json", json.dumps(corrections_to_json(corrections)).encode())

    def forget(self) -> None:
        """Leave nothing but what was sent."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def has_answer_to(self, corrections: Corrections) -> bool:
        """Whether the picture was read with these corrections."""
        try:
            asked = json.loads((self.folder / "asked.json").read_text())
        except FileNotFoundError:
            return False
        return corrections_from_json(asked) == corrections and self.has_answer

    @property
    def has_answer(self) -> bool:
        """Whether anything was read of it."""
        return (self.folder / "found").exists()

    def found(self) -> Digitized:
        """What was read.

        Raises:
            FileNotFoundError: nothing was asked yet.
        """
        path = self.folder / "found"
        return _parsed(path, path.stat().st_mtime_ns)

    @property
    def version(self) -> str:
        """Other for another answer."""
        return _mark(self.folder / "found")

    @property
    def picture_version(self) -> str:
        """Other for another picture."""
        return _mark(self.picture)


@lru_cache(maxsize=8)
def _parsed(path: Path, _written: int) -> Digitized:
    return from_response(DigitizeImageResponse.FromString(path.read_bytes()))


def _mark(path: Path) -> str:
    return hashlib.sha256(f"{path}:{path.stat().st_mtime_ns}".encode()).hexdigest()[:20]


def _kind_at(path: Path) -> Kind:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(BEGINNING_BYTES))
    except FileNotFoundError:
        return Kind.UNKNOWN


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    unfinished = path.with_name(f".{path.name}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
