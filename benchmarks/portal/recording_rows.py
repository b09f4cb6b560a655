"""Rows of recordings, each with one analysis: made up, but with everything that the tables' constraints ask for.

A million of them would take Python an hour, so that PostgreSQL multiplies the first :data:`PATTERN` of them by itself.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.portal import drawn
from ecg.rhythm.measures import measures
from ecg.rhythm.timeline import BeatKind, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db import models

READING: Final = {"read": 9500, "refused": 300, "failed": 100, "asking": 50, "received": 50}
ANALYSIS: Final = {"done": 9700, "failed": 150, "rejected": 90, "cancelled": 50, "queued": 10}
TRASHED: Final = 0.06
SHARED: Final = 0.02
_RATE: Final = 250.0
#: So many rows are made here; later ones are theirs under other ids, times and names.
PATTERN: Final = 10_000
#: Copies of the pattern in one transaction.
_AT_ONCE: Final = 10


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


def multiply(rows: int, say: Callable[[str], None]) -> None:
    """Copy the :data:`PATTERN`, which is there, within PostgreSQL until there are ``rows``, a multiple of it.

    What was begun goes on with the first copy that is missing.

    Raises:
        ValueError: ``rows`` is no such multiple.
    """
    from django.db import connection, transaction

    from webportal.recordings.models import Recording, RecordingAnalysis

    copies, rest = divmod(rows, PATTERN)
    if rest:
        raise ValueError(f"{rows} rows are no multiple of {PATTERN}.")
    for first in range(Recording.objects.count() // PATTERN, copies, _AT_ONCE):
        numbers = [first, min(first + _AT_ONCE, copies) - 1]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_copied(Recording, {"id": _ANOTHER_ID, "folder": _FOLDER, "name": _name(rows)}), numbers)
            cursor.execute(_copied(RecordingAnalysis, {"id": _ANOTHER_ID, "recording_id": _ANOTHER_RECORDING}), numbers)
        say(f"{(numbers[1] + 1) * PATTERN:,} of {rows:,} rows")


#: SQL of a copy: ``copy`` is its number, ``pattern`` the row that it is made of.
_ANOTHER_ID: Final = "md5(pattern.id::text || copy)::uuid"
_ANOTHER_RECORDING: Final = "md5(pattern.recording_id::text || copy)::uuid"
_FOLDER: Final = "'recordings/' || copy || substr(pattern.folder, 14)"


def _name(rows: int) -> str:
    """SQL of a copy's name: the pattern's with another number, or what is planted (:func:`drawn.label_of`)."""
    number = f"(copy * {PATTERN} + split_part(pattern.folder, '/', 3)::int) %% {drawn.apart(rows)}"
    digits = f"abs(hashtext(pattern.id::text || copy)) %% {drawn.NUMBERS}"
    return (
        f"CASE {number} WHEN 0 THEN '{drawn.RARE}' WHEN 2 THEN '{drawn.MIDDLING}'"
        f" ELSE regexp_replace(replace(pattern.name, '{drawn.RARE}', ''), '[0-9]+$', ({digits})::text) END"
    )


def _copied(model: type[models.Model], changed: dict[str, str]) -> str:
    """The statement that copies the pattern's rows of a table, asked for the numbers of the first and last copy."""
    from django.db.models import DateTimeField

    earlier = f"copy * interval '{drawn.APART.total_seconds() * PATTERN} seconds'"
    values = {
        str(field.column): f"pattern.{field.column}" + (f" - {earlier}" if isinstance(field, DateTimeField) else "")
        for field in model._meta.concrete_fields
    } | changed
    table = model._meta.db_table
    since = drawn.sent_at(PATTERN - 1)
    pattern = f"(SELECT * FROM {table} WHERE created_at >= '{since}') AS pattern"  # noqa: S608 - as below
    copies = f"{pattern} CROSS JOIN generate_series(%s, %s) AS copy"
    selected = f"SELECT {', '.join(values.values())} FROM {copies}"  # noqa: S608 - all are words of this file
    return f"INSERT INTO {table} ({', '.join(values)}) {selected}"
