"""Families of beats on MIT-BIH: how many, and how often a beat is of the kind that most of its family are."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.recordings.analysed import records
from benchmarks.recordings.table import show
from ecg.ec57.mapping import CLASSES, EC57, NOT_A_BEAT
from ecg.ec57.pairing import NONE, pair
from ecg.families.clustering import FamilyGathering
from ecg.features.stream import beat_blocks
from training.databases.mitdb import MITDB

#: Families that a person judges.
_JUDGED = 12


def command() -> None:
    """Print, for each record of MIT-BIH, its families and what judging them as wholes would get right."""
    if not MITDB.is_set:
        show(f"{MITDB.title}: left out, {MITDB.setting} is not set.", [], [])
        return
    rows, total = [], np.zeros(3)
    for record in records(MITDB):
        recording = record.recording
        blocks = list(beat_blocks(recording))
        started = time.process_time()
        gathering = FamilyGathering()
        for block in blocks:
            gathering.add(block)
        families = gathering.finish().families
        seconds = time.process_time() - started
        marks = recording.annotations
        kinds = EC57.of(marks.symbols)
        beats = kinds != NOT_A_BEAT
        steps = pair(
            marks.samples[beats],
            np.concatenate([block.source_samples for block in blocks]),
            round(0.15 * recording.rate),
        )
        both = (steps != NONE).all(axis=1)
        own = np.full(sum(map(len, blocks)), NOT_A_BEAT)
        own[steps[both, 1]] = kinds[beats][steps[both, 0]]
        right = [_most(own[family.members]) for family in families]
        counts = np.array([both.sum(), sum(right), sum(right[:_JUDGED])])
        total += counts
        shares = 100 * counts[1:] / counts[0]
        rows.append([record.name, len(families), float(shares[0]), float(shares[1]), f"{seconds:.2f}"])
    shares = 100 * total[1:] / total[0]
    rows.append(["gross", "", float(shares[0]), float(shares[1]), ""])
    show(
        f"Families on MIT-BIH ({', '.join(CLASSES)}): beats of the kind that most of their family are",
        ["record", "families", "all %", f"the {_JUDGED} largest %", "CPU s"],
        rows,
    )


def _most(kinds: np.ndarray) -> int:
    """How many are of the most frequent kind."""
    known = kinds[kinds != NOT_A_BEAT]
    return int(np.bincount(known).max()) if len(known) else 0
