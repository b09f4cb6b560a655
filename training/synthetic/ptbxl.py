"""Recordings made of those of PTB-XL: seen along other axes, or with blocked beats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ecg.classes import NORMAL
from training.databases.marked import MarkedRecording, generator_of
from training.databases.marked.ptbxl import read_recording, training_records
from training.synthetic import bundle_branch_block, lead_rotation, names
from training.synthetic.names import Made

#: How many other views there are of a record with a bundle branch block or a pacemaker.
TURNS_OF_RARE_CLASSES = 12

#: How many beats of a normal record are made to look like those of a bundle branch block.
_BLOCKED_BEATS = 5


def turned_records(folder: Path) -> list[str]:
    """Records of people who train, to be seen along other axes: those of the rarer classes often, normal ones once.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [
        str(Made("turned", number, record.entry.name))
        for record in training_records(folder)
        for number in range(1 if record.symbol == NORMAL.symbol else TURNS_OF_RARE_CLASSES)
    ]


def read_turned(folder: Path, name: str) -> MarkedRecording:
    """A record seen along other axes (:func:`training.synthetic.lead_rotation.turned`).

    By chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    rotated = lead_rotation.turned(read_recording(folder, names.parse(name).origin), generator_of(name))
    return replace(rotated, name=f"ptbxl-{name}")


def blocked_records(folder: Path) -> list[str]:
    """Normal records of people who train, once for each branch of the bundle that may be blocked.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    normal = [record.entry.name for record in training_records(folder) if record.symbol == NORMAL.symbol]
    return [str(Made(kind, 0, name)) for kind in bundle_branch_block.BLOCKS for name in normal]


def read_blocked(folder: Path, name: str) -> MarkedRecording:
    """A normal record with blocked beats (:mod:`training.synthetic.bundle_branch_block`).

    By chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    blocked = names.parse(name)
    recording = read_recording(folder, blocked.origin)
    changed = bundle_branch_block.block(
        recording, generator_of(name), *bundle_branch_block.BLOCKS[blocked.kind], beats=_BLOCKED_BEATS
    )
    return replace(changed, name=f"ptbxl-{name}")
