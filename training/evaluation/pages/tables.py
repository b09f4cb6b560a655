"""The table of reading pages: groups of drawn pages, and pictures that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.pictures.pages.result import Kind, PageReading
from training.evaluation.pages.scoring import Classify, PageScore, score
from training.pages.capture import Medium
from training.pages.plans import Pool, Wish, page_of
from training.pictures.nonbeats import charts, drawings, textures
from training.pictures.nonbeats.groups import FITTING, TESTING

Pixels = NDArray[np.uint8]
Read = Callable[[Pixels], PageReading]


@dataclass(frozen=True, slots=True)
class Group:
    """Pages of one row of the table."""

    name: str
    wishes: tuple[Wish, ...]
    """Taken in turn."""


GROUPS: Final = (
    Group("clean scan, 3x4+1", (Wish("3x4+1", Medium.CLEAN),)),
    Group("photograph, 3x4+1", (Wish("3x4+1", Medium.PHOTOGRAPH),)),
    Group("strip, scan", (Wish("1x1", Medium.CLEAN), Wish("1x1", Medium.SCAN))),
    Group("screenshot", (Wish("1x1", Medium.SCREENSHOT), Wish("3x4+1", Medium.SCREENSHOT))),
    Group("dark monitor", (Wish(medium=Medium.MONITOR),)),
    Group("any layout, scan", (Wish(medium=Medium.CLEAN), Wish(medium=Medium.SCAN))),
    Group("any layout, photograph", (Wish(medium=Medium.PHOTOGRAPH),)),
)

#: Pictures that show no ECG: of the kinds with which pictures of one beat are tested, those that hold no recording.
NO_ECG: Final = {
    name: painter
    for name, painter in (FITTING | TESTING).items()
    if painter.__module__ in (charts.__name__, drawings.__name__, textures.__name__)
}


def scores(
    pool: Pool, group: Group, count: int, seed: int, read: Read, classify: Classify | None = None
) -> Iterator[PageScore]:
    """How pages 0 to ``count`` - 1 of a group are read.

    Raises:
        NoRecordingsError: no record can be shown so.
        RecordsError: a record can't be read.
    """
    for number in range(count):
        page = page_of(pool, number, seed, group.wishes[number % len(group.wishes)])
        yield score(page.truth, read(page.pixels), classify)


def row(name: str, scores: Sequence[PageScore]) -> Mapping[str, object]:
    """The table's row of a group."""

    def percent(right: float, of: float) -> float:
        return round(100 * right / of, 2) if of else float("nan")

    pages = len(scores)
    heights = [page.amplitude_error for page in scores if np.isfinite(page.amplitude_error)]
    beats = sum(page.beats for page in scores)
    return {
        "group": name,
        "pages": pages,
        "read": percent(sum(page.read for page in scores), pages),
        "snr_mean": round(float(np.mean([page.snr for page in scores])), 2),
        "snr_median": round(float(np.median([page.snr for page in scores])), 2),
        "peaks_se": percent(sum(page.peaks_right for page in scores), sum(page.peaks_drawn for page in scores)),
        "peaks_ppv": percent(sum(page.peaks_right for page in scores), sum(page.peaks_read for page in scores)),
        "amplitude_error": round(100 * float(np.median(heights)), 2) if heights else float("nan"),
        "layout": percent(sum(page.layout_right for page in scores), pages),
        "names": percent(sum(page.names_right for page in scores), pages),
        "scale_wrong_unwarned": percent(sum(page.scale_wrong and not page.warned for page in scores), pages),
        "same_class": percent(sum(page.beats_alike for page in scores), beats),
        "beats": beats,
    }


def refusals(per_kind: int, seed: int, read: Read) -> pd.DataFrame:
    """How many of ``per_kind`` pictures of every kind in :data:`NO_ECG` are refused, or taken for one beat."""
    rows = []
    lead = _beats()
    for number, (name, paint) in enumerate(sorted(NO_ECG.items())):
        kinds = [
            read(np.asarray(paint(np.random.default_rng((seed, number, again)), lead).convert("RGB"))).kind
            for again in range(per_kind)
        ]
        rows.append(
            {
                "kind": name,
                "pictures": per_kind,
                "refused": sum(kind is Kind.NONE for kind in kinds),
                "one_beat": sum(kind is Kind.BEAT for kind in kinds),
                "read": sum(kind in (Kind.STRIP, Kind.PAGE) for kind in kinds),
            }
        )
    return pd.DataFrame(rows)


def _beats() -> NDArray[np.float64]:
    """Ten seconds of narrow beats at 360 Hz, of which spectrograms are drawn."""
    time = np.arange(10 * SAMPLING_RATE) / SAMPLING_RATE
    return np.exp(-(((time % 0.8 - 0.3) / 0.015) ** 2)) + 0.2 * np.exp(-(((time % 0.8 - 0.55) / 0.05) ** 2))
