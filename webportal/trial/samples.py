"""The pictures that come with Beatlens, ``samples/<SHORT>/<record>_<sample>.png``: beats no model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

MEDIA_TYPE = "image/png"


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture."""

    short: str
    """The class that cardiologists gave the beat."""
    name: str
    path: Path

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.short}/{self.name}"

    @property
    def record(self) -> str:
        """Name of the recording that it is from."""
        return self.name.rpartition("_")[0]

    def data(self) -> bytes:
        """The encoded picture."""
        return self.path.read_bytes()


def every() -> tuple[Sample, ...]:
    """All of them, by class and name; none where they weren't installed."""
    return _in(settings.SAMPLES_DIR)


def one_of_each() -> list[Sample]:
    """The first of each class."""
    return list({sample.short: sample for sample in reversed(every())}.values())[::-1]


def find(key: str) -> Sample | None:
    """The sample that a form calls ``key``."""
    return next((sample for sample in every() if sample.key == key), None)


@cache
def _in(folder: Path) -> tuple[Sample, ...]:
    return tuple(Sample(path.parent.name, path.stem, path) for path in sorted(folder.glob("[A-Z]*/*.png")))
