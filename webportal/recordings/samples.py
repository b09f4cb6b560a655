"""The recordings that come with Beatlens: excerpts in several forms, and pictures of strips and pages, to be tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MIT_BIH: Final = "MIT-BIH Arrhythmia Database"
PTB_XL: Final = "PTB-XL"


@dataclass(frozen=True, slots=True)
class SampleRecording:
    """One recording."""

    key: str
    """What an address calls it."""
    title: str | Promise
    record: str
    """The record that it was cut, or drawn, from."""
    names: tuple[str, ...]
    """Its files, below ``samples``."""
    database: str = MIT_BIH
    """Where the record is from."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where its files lie."""
        return tuple(settings.SAMPLES_DIR / name for name in self.names)

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, from which the recording has to be read first."""
        return self.names[0].startswith("pictures/")


_RECORDINGS: Final = (
    SampleRecording(
        "couplets-and-runs", _("Ventricular couplets and runs"), "233", ("recordings/couplets-and-runs.zip",)
    ),
    SampleRecording("atrial-fibrillation", _("Atrial fibrillation"), "219", ("recordings/atrial-fibrillation.edf",)),
    SampleRecording("paced", _("Pacemaker"), "107", ("recordings/paced.csv",)),
    SampleRecording(
        "normal",
        _("Normal rhythm"),
        "103",
        ("recordings/normal/normal.hea", "recordings/normal/normal.dat", "recordings/normal/normal.atr"),
    ),
)
_PICTURES: Final = (
    SampleRecording("strip-scan", _("Scanned strip, written upon"), "103", ("pictures/strip-scan.jpg",)),
    SampleRecording(
        "strip-photograph", _("Photograph of a strip, in shadow"), "233", ("pictures/strip-photograph.jpg",)
    ),
    SampleRecording("strip-screenshot", _("Screenshot of a strip"), "219", ("pictures/strip-screenshot.png",)),
    SampleRecording(
        "page-scan", _("Scanned twelve-lead page, upside down"), "00121", ("pictures/page-scan.jpg",), PTB_XL
    ),
    SampleRecording(
        "page-photograph", _("Photograph of a twelve-lead page"), "00685", ("pictures/page-photograph.jpg",), PTB_XL
    ),
)


def every() -> tuple[SampleRecording, ...]:
    """All of them; none where they weren't installed."""
    return recordings() + pictures()


def recordings() -> tuple[SampleRecording, ...]:
    """Those that were recorded as such."""
    return _installed(_RECORDINGS)


def pictures() -> tuple[SampleRecording, ...]:
    """Those that are pictures of strips and pages."""
    return _installed(_PICTURES)


def find(key: str) -> SampleRecording | None:
    """The sample that an address calls ``key``."""
    return next((sample for sample in every() if sample.key == key), None)


def _installed(samples: tuple[SampleRecording, ...]) -> tuple[SampleRecording, ...]:
    return tuple(sample for sample in samples if all(path.is_file() for path in sample.paths))
