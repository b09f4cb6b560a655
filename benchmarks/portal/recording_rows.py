"""Rows of recordings, each with one analysis: made up, but with everything that the tables' constraints ask for."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import numpy as np

from benchmarks.portal import drawn
from ecg.rhythm.measures import measures
from ecg.rhythm.timeline import BeatKind, Timeline

READING: Final = {"read": 9500, "refused": 300, "failed": 100, "asking": 50, "received": 50}
ANALYSIS: Final = {"done": 9700, "failed": 150, "rejected": 90, "cancelled": 50, "queued": 10}
TRASHED: Final = 0.06
SHARED: Final = 0.02
_RATE: Final = 250.0


def load(start: int, end: int, rows: int, ids: dict[str, int]) -> None:
    """Make the rows ``start`` to ``end`` of so many; ``ids`` are those of the people by name."""
    from webportal.recordings.models import Recording, RecordingAnalysis

    recordings: list[Recording] = []
    analyses: list[RecordingAnalysis] = []
    for number in range(start, end):
        chance = random.Random(number)  # noqa: S311 - made-up rows
        owner, sent = drawn.owner_of(number, chance), drawn.sent_at(number)
        state = drawn.weighted(chance, READING)
        recordings.append(
            Recording(
                id=drawn.key(chance),
                owner_id=ids[owner],
                name=drawn.label_of(number, rows, chance),
                created_at=sent,
                folder=f"recordings/00/{number}",
                files=[{"name": "", "bytes": 1_000_000, "sha256": f"{chance.getrandbits(256):064x}"}],
                stored_bytes=2_000_000,
                state=state,
                attempts=1,
                trashed_at=sent + timedelta(days=1) if chance.random() < TRASHED else None,
                **_as_read(state, sent, chance),
            )
        )
        if state == "read":
            analyses.append(_analysis(recordings[-1], sent, chance))
    Recording.objects.bulk_create(recordings)
    RecordingAnalysis.objects.bulk_create(analyses)


def _as_read(state: str, sent: datetime, chance: random.Random) -> dict[str, Any]:
    """What was read of a recording, or why it was not."""
    if state == "received":
        return {"next_attempt_at": sent}
    if state == "asking":
        return {"questions": [{"about": "rate", "candidates": [], "columns": []}]}
    finished = {"finished_at": sent + timedelta(seconds=5)}
    if state == "refused":
        return finished | {"reason": "RECORDING_UNSUPPORTED_FORMAT"}
    if state == "failed":
        return finished | {"error_id": f"{chance.getrandbits(48):012x}", "failures": 5}
    samples = round(chance.choice((60, 3600, 86_400)) * _RATE)
    return finished | {
        "kind": chance.choice(("EDF", "WFDB", "CSV", "ISHNE")),
        "leads": ["II", "V1"],
        "rate": _RATE,
        "samples": samples,
        "seconds": samples / _RATE,
        "shared_at": sent + timedelta(hours=1) if chance.random() < SHARED else None,
    }


@cache
def _measures() -> dict[str, Any]:
    """The measures of an hour with a ventricular beat in twelve: as long as those of any recording, the same in all."""
    peaks = np.arange(4500, dtype=np.int64) * 288
    kinds = np.where(np.arange(4500) % 12, BeatKind.NORMAL.value, BeatKind.VENTRICULAR.value)
    timeline = Timeline(peaks, kinds, np.ones(3600, np.bool_), np.empty((0, 2), np.int64))
    plain: dict[str, Any] = json.loads(json.dumps(measures(timeline).document()))
    return plain


def _analysis(recording: Any, sent: datetime, chance: random.Random) -> Any:
    from webportal.recordings.models import RecordingAnalysis

    state = drawn.weighted(chance, ANALYSIS)
    outcome: dict[str, Any] = {"finished_at": sent + timedelta(minutes=2), "started_at": sent}
    if state == "queued":
        outcome = {"next_attempt_at": sent}
    elif state == "rejected":
        outcome |= {"reason": "RECORDING_TOO_SHORT"}
    elif state == "failed":
        outcome |= {"error_id": f"{chance.getrandbits(48):012x}", "failures": 5}
    elif state == "done":
        beats = chance.randrange(100_000)
        outcome |= {
            "model_name": "arrhythmia-recording",
            "model_version": "2",
            "beats": beats,
            "beats_file": "0.beats",
            "done_samples": recording.samples,
            "summary": {"measures": _measures(), "counts": {"NORMAL": beats}, "families": 9, "confident": beats},
        }
    return RecordingAnalysis(
        id=drawn.key(chance), recording=recording, owner_id=recording.owner_id, created_at=sent, state=state,
        attempts=1, **outcome,
    )  # fmt: skip
