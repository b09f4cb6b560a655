"""Synthetic recordings of PTB-XL: with rotated leads, or with simulated bundle branch block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ecg.classes import NORMAL
from training.databases.marked import MarkedRecording, generator_of
from training.databases.marked.ptbxl import read_recording, training_records
from training.synthetic import bundle_branch_block, lead_rotation, names
from training.synthetic.names import SyntheticName

#: How many lead rotations there are of a record with a bundle branch block or a pacemaker.
TURNS_OF_RARE_CLASSES = 12

#: How many beats of a normal record are changed to a bundle branch block.
_CHANGED_BEATS = 5


def rotated_records(folder: Path) -> list[str]:
    """Records of people who train, whose leads are to be rotated: those of the rarer classes often, normal ones once.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    return [
        str(SyntheticName("turned", number, record.entry.name))
        for record in training_records(folder)
        for number in range(1 if record.symbol == NORMAL.symbol else TURNS_OF_RARE_CLASSES)
    ]


def read_rotated(folder: Path, name: str) -> MarkedRecording:
    """A record with rotated leads (:func:`training.synthetic.lead_rotation.rotated`).

    By chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    rotated = lead_rotation.rotated(read_recording(folder, names.parse(name).origin), generator_of(name))
    return replace(rotated, name=f"ptbxl-{name}")


def simulated_block_records(folder: Path) -> list[str]:
    """Normal records of people who train, once for each branch of the bundle.

    Raises:
        RecordsError: the folder is not a copy of PTB-XL.
    """
    normal = [record.entry.name for record in training_records(folder) if record.symbol == NORMAL.symbol]
    return [str(SyntheticName(kind, 0, name)) for kind in bundle_branch_block.BLOCKS for name in normal]


def read_simulated_block(folder: Path, name: str) -> MarkedRecording:
    """A normal record with simulated bundle branch block (:mod:`training.synthetic.bundle_branch_block`).

    By chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read or has no label.
    """
    parsed = names.parse(name)
    recording = read_recording(folder, parsed.origin)
    changed = bundle_branch_block.block(
        recording, generator_of(name), *bundle_branch_block.BLOCKS[parsed.kind], beats=_CHANGED_BEATS
    )
    return replace(changed, name=f"ptbxl-{name}")
