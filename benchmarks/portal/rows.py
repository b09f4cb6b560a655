"""A portal's database with as many analyses as one likes: ``python -m benchmarks.portal.rows ROWS [KIND]``.

Fills the database that the settings name, with pictures or (KIND ``recordings``) with recordings, and goes on where an
earlier run stopped. The same number of rows is the same database each time. One owner has half of the rows; no file is
made, as no list opens one.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import django

from benchmarks.portal import drawn, recording_rows
from benchmarks.portal.drawn import ADMINISTRATOR, OTHERS, OWNER

#: Rows in one transaction.
BATCH: Final = 5000
# So that each search that is measured fills a page in the small database too: else two lengths of page were compared.
CLASSES: Final = {"NORMAL": 60, "LBBB": 8, "RBBB": 7, "PVC": 7, "PACED": 6, "PAC": 6, "VF": 6}
VERDICTS: Final = {"CONFIDENT": 86, "UNCERTAIN": 12, "NOT_A_BEAT": 2}
STATES: Final = {"done": 9000, "rejected": 390, "failed": 600, "queued": 10}
REVIEWED: Final = 0.25
DISAGREEING: Final = 0.25
TRASHED: Final = 0.06


def fill(rows: int, say: Callable[[str], None], kind: str = "pictures") -> None:
    """Load until the database has ``rows`` uploads, or recordings, with one analysis each.

    Raises:
        ValueError: it has more already.
    """
    from django.db import connection, transaction

    from webportal.accounts.models import User
    from webportal.analyses.models import Upload
    from webportal.analyses.upkeep.sweeper import learn_tables
    from webportal.recordings.models import Recording

    model, load = (Recording, recording_rows.load) if kind == "recordings" else (Upload, _load)
    names = [OWNER, ADMINISTRATOR, *(f"other-{number}" for number in range(OTHERS))]
    User.objects.bulk_create(
        (
            User(
                username=name,
                email=f"{name}@example.org",
                is_staff=name == ADMINISTRATOR,
                is_superuser=name == ADMINISTRATOR,
            )
            for name in names
        ),
        ignore_conflicts=True,
    )
    ids = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
    there = model._default_manager.count()
    if there > rows:
        raise ValueError(f"The database has {there} rows already, more than {rows}.")
    if there == rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA cache_size = -500000")  # KiB: every index of the table in memory
        else:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET synchronous_commit = off")
    multiplied = kind == "recordings" and connection.vendor == "postgresql" and rows > recording_rows.PATTERN
    made = recording_rows.PATTERN if multiplied else rows
    begun, first = time.monotonic(), there
    while there < made:
        # Batches begin at fixed numbers, so that an interrupted loading leaves the same rows.
        end = min(made, there - there % BATCH + BATCH)
        with transaction.atomic():
            load(there, end, rows, ids)
        there = end
        pace = (there - first) / (time.monotonic() - begun)
        say(f"{there:,} of {made:,} rows, {pace:,.0f} a second, {(made - there) / pace / 60:.1f} minutes left")
    if multiplied:
        recording_rows.multiply(rows, say)
    # What PostgreSQL does by itself some time after, and for SQLite the worker.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    else:
        learn_tables()


def _load(start: int, end: int, rows: int, ids: dict[str, int]) -> None:
    from webportal.analyses.models import Analysis, Review, Upload

    uploads: list[Upload] = []
    analyses: list[Analysis] = []
    reviews: list[Review] = []
    for number in range(start, end):
        chance = random.Random(number)  # noqa: S311 - made-up rows
        owner, sent = drawn.owner_of(number, chance), drawn.sent_at(number)
        label = drawn.label_of(number, rows, chance)
        uploads.append(
            Upload(
                id=drawn.key(chance),
                owner_id=ids[owner],
                picture=f"pictures/{number}",
                thumbnail=f"thumbnails/{number}",
                media_type="image/png",
                width=192,
                height=128,
                size=4000,
                sha256=f"{chance.getrandbits(256):064x}",
                label=label,
                created_at=sent,
            )
        )
        analyses.append(
            Analysis(
                id=drawn.key(chance), upload=uploads[-1], owner_id=ids[owner], created_at=sent, attempts=1,
                **_outcome(chance, sent),
            )
        )  # fmt: skip
        if analyses[-1].state == "done" and chance.random() < REVIEWED:
            agrees = chance.random() >= DISAGREEING
            analyses[-1].reading = "agrees" if agrees else "disagrees"
            reviews.append(
                Review(
                    id=drawn.key(chance), analysis=analyses[-1], author_id=ids[owner], class_short="PVC",
                    class_name="Premature Ventricular Contraction", agrees=agrees, created_at=sent,
                )
            )  # fmt: skip
    Upload.objects.bulk_create(uploads)
    Analysis.objects.bulk_create(analyses)
    Review.objects.bulk_create(reviews)


def _outcome(chance: random.Random, sent: datetime) -> dict[str, Any]:
    """What became of a question, with everything that the table's constraints ask for."""
    state = drawn.weighted(chance, STATES)
    if state == "queued":
        return {"state": state, "next_attempt_at": sent}
    finished = {"state": state, "started_at": sent, "finished_at": sent + timedelta(seconds=1)}
    if state == "rejected":
        return finished | {"reason": chance.choice(("IMAGE_TRUNCATED", "IMAGE_TOO_SMALL"))}
    if state == "failed":
        return finished | {"error_id": f"{chance.getrandbits(48):012x}", "failures": 5}
    short = drawn.weighted(chance, CLASSES)
    probability = round(chance.uniform(0.4, 1.0), 4)
    rest = (1 - probability) / (len(CLASSES) - 1)
    return finished | {
        "model_name": "arrhythmia",
        "model_version": "2" if chance.random() < 0.5 else "1",
        "class_short": short,
        "class_name": short.title(),
        "probability": probability,
        "probabilities": [
            {
                "short": beat_class,
                "name": beat_class.title(),
                "probability": probability if beat_class == short else rest,
            }
            for beat_class in CLASSES
        ],
        "verdict": drawn.weighted(chance, VERDICTS),
        "prediction_set": [{"short": short, "name": short.title()}],
        "trashed_at": sent + timedelta(days=1) if chance.random() < TRASHED else None,
    }


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]), lambda line: print(line, flush=True), *sys.argv[2:])  # noqa: T201 - for a terminal
