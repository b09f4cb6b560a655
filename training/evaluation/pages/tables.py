"""The table of reading pages: groups of drawn pages, and pictures that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.pictures.pages.result import Kind, PageReading
from training.evaluation.pages.finished import Finished
from training.evaluation.pages.scoring import Classify, PageScore, score
from training.pages.capture import Medium
from training.pages.plans import Pool, Wish, page_of
from training.pictures.nonbeats.groups import NO_ECG_FITTING, NO_ECG_TESTING
from training.pictures.nonbeats.sheets import Painter

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

#: Kinds of pictures that show no ECG, in two groups: on the second nothing was fitted or tuned.
NO_ECG: Final = {"fitting": NO_ECG_FITTING, "testing": NO_ECG_TESTING}


def scores(
    pool: Pool,
    group: Group,
    count: int,
    seed: int,
    read: Read,
    classify: Classify | None = None,
    finished: Finished | None = None,
) -> Iterator[PageScore]:
    """How pages 0 to ``count`` - 1 of a group are read; those that are ``finished`` are not read again.

    Raises:
        NoRecordingsError: no record can be shown so.
        RecordsError: a record can't be read.
    """
    finished = finished or Finished(None, {})
    for number in range(count):

        def scored(number: int = number) -> Mapping[str, object]:
            page = page_of(pool, number, seed, group.wishes[number % len(group.wishes)])
            return asdict(score(page.truth, read(page.pixels), classify))

        yield PageScore(**finished.of(f"{group.name}/{number}", scored))


def row(name: str, scores: Sequence[PageScore]) -> Mapping[str, object]:
    """The table's row of a group."""

    def percent(right: float, of: float) -> float:
        return round(100 * right / of, 2) if of else float("nan")

    pages = len(scores)
    heights = [page.amplitude_error for page in scores if np.isfinite(page.amplitude_error)]
    beats = sum(page.beats for page in scores)
    told = [page for page in scores if page.scale_told]
    return {
        "group": name,
        "pages": pages,
        "read": percent(sum(page.read for page in scores), pages),
        "snr_mean": round(float(np.mean([page.snr for page in scores])), 2),
        "snr_median": round(float(np.median([page.snr for page in scores])), 2),
        "scale_told": percent(sum(page.scale_told for page in scores), pages),
        "snr_mean_told": round(float(np.mean([page.snr for page in told])), 2) if told else float("nan"),
        "peaks_se_told": percent(sum(page.peaks_right for page in told), sum(page.peaks_drawn for page in told)),
        "peaks_se": percent(sum(page.peaks_right for page in scores), sum(page.peaks_drawn for page in scores)),
        "peaks_ppv": percent(sum(page.peaks_right for page in scores), sum(page.peaks_read for page in scores)),
        "amplitude_error": round(100 * float(np.median(heights)), 2) if heights else float("nan"),
        "layout": percent(sum(page.layout_right for page in scores), pages),
        "names": percent(sum(page.names_right for page in scores), pages),
        "scale_wrong_unwarned": percent(sum(page.scale_wrong and not page.warned for page in scores), pages),
        "same_class": percent(sum(page.beats_alike for page in scores), beats),
        "beats": beats,
    }


def refusals(per_kind: int, seed: int, read: Read, finished: Finished | None = None) -> pd.DataFrame:
    """How many of ``per_kind`` pictures of every kind in :data:`NO_ECG` are refused, or taken for one beat.

    Below the kinds of each group stands the group as a whole.
    """
    finished = finished or Finished(None, {})
    rows = []
    for group, kinds in NO_ECG.items():
        own = []
        for number, (name, paint) in enumerate(sorted(kinds.items())):
            seeds = [(seed, number, again) for again in range(per_kind)]
            own.append(_refused(group, name, [_taken_for(name, paint, chance, read, finished) for chance in seeds]))
        whole = {column: sum(int(str(row[column])) for row in own) for column in ("pictures", *_TAKEN)}
        rows += [*own, {"group": group, "kind": "all", **whole}]
    return pd.DataFrame(rows)


#: Columns, and what pictures that count in them were taken for.
_TAKEN: Final = {"refused": (Kind.NONE,), "one_beat": (Kind.BEAT,), "read": (Kind.STRIP, Kind.PAGE)}


def _refused(group: str, name: str, taken_for: Sequence[Kind]) -> Mapping[str, object]:
    counts = {column: sum(kind in kinds for kind in taken_for) for column, kinds in _TAKEN.items()}
    return {"group": group, "kind": name, "pictures": len(taken_for), **counts}


def _taken_for(name: str, paint: Painter, seed: tuple[int, int, int], read: Read, finished: Finished) -> Kind:
    """What a picture that shows no ECG is taken for."""

    def taken() -> Mapping[str, object]:
        picture = paint(np.random.default_rng(seed), _beats()).convert("RGB")
        return {"kind": read(np.asarray(picture)).kind.value}

    return Kind(finished.of(f"{name}/{seed[-1]}", taken)["kind"])


def _beats() -> NDArray[np.float64]:
    """Ten seconds of narrow beats at 360 Hz, of which spectrograms are drawn."""
    time = np.arange(10 * SAMPLING_RATE) / SAMPLING_RATE
    return np.exp(-(((time % 0.8 - 0.3) / 0.015) ** 2)) + 0.2 * np.exp(-(((time % 0.8 - 0.55) / 0.05) ** 2))
