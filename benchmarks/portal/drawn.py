"""What rows that are made up for measuring have in common: who has them, when they came, what they are called."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

#: Names of the two people whose pages are measured.
OWNER: Final = "owner"
ADMINISTRATOR: Final = "administrator"
#: All others, who share the other half of the rows.
OTHERS: Final = 200
#: When the newest row was sent, and how far apart two rows are.
NEWEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
APART: Final = timedelta(seconds=30)

LABELS: Final = ("", "", "ward", "holter", "strip", "lead II", "control")
#: Words that so many labels of the owner have, spread evenly over the history however long it is: a rare one, and one
#: that by chance one label in some hundred has as well.
RARE: Final = "zebra"
MIDDLING: Final = "ward 77"
PLANTED: Final = 60
#: Other labels end with one of so many numbers.
NUMBERS: Final = 100_000


def owner_of(number: int, chance: random.Random) -> str:
    """Who has a row: even ones are the owner's."""
    return OWNER if number % 2 == 0 else f"other-{chance.randrange(OTHERS)}"


def sent_at(number: int) -> datetime:
    """When a row was sent."""
    return NEWEST - number * APART


def label_of(number: int, rows: int, chance: random.Random) -> str:
    """What a row of so many is called by its owner; often nothing."""
    label = chance.choice(LABELS)
    planted = {0: RARE, 2: MIDDLING}.get(number % apart(rows))
    return planted or (f"{label} {chance.randrange(NUMBERS)}" if label else "")


def apart(rows: int) -> int:
    """How far apart two labels of so many are that are planted alike; the first such row is 0, or 2."""
    return max(4, rows // PLANTED // 2 * 2)


def weighted(chance: random.Random, weights: dict[str, int]) -> str:
    """One of the keys, each as often as its weight says."""
    return chance.choices(list(weights), list(weights.values()))[0]


def key(chance: random.Random) -> uuid.UUID:
    """An id that is the same for the same chance."""
    return uuid.UUID(int=chance.getrandbits(128), version=4)
