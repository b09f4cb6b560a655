"""The recordings that come with Beatlens, ``samples/recordings``: excerpts in several forms, to be tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class SampleRecording:
    """One recording."""

    key: str
    """What an address calls it."""
    title: str | Promise
    record: str
    """The record of the MIT-BIH Arrhythmia Database that it was cut from."""
    names: tuple[str, ...]
    """Its files."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where its files lie."""
        return tuple(settings.SAMPLES_DIR / "recordings" / name for name in self.names)


_ALL: Final = (
    SampleRecording("couplets-and-runs", _("Ventricular couplets and runs"), "233", ("couplets-and-runs.zip",)),
    SampleRecording("atrial-fibrillation", _("Atrial fibrillation"), "219", ("atrial-fibrillation.edf",)),
    SampleRecording("paced", _("Pacemaker"), "107", ("paced.csv",)),
    SampleRecording(
        "normal", _("Normal rhythm"), "103", ("normal/normal.hea", "normal/normal.dat", "normal/normal.atr")
    ),
)


def every() -> tuple[SampleRecording, ...]:
    """All of them; none where they weren't installed."""
    return tuple(sample for sample in _ALL if all(path.is_file() for path in sample.paths))


def find(key: str) -> SampleRecording | None:
    """The sample that an address calls ``key``."""
    return next((sample for sample in every() if sample.key == key), None)
