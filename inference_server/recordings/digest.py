"""What the whole recording has to know of one of its segments, or of several in a row: some bytes a beat and second."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ecg.families.clustering import FamilyGathering, FamilyGroups


@dataclass(frozen=True, slots=True)
class Digest:
    """Of the blocks of one segment, or of several that follow each other."""

    samples: NDArray[np.int32]
    """``[n]``: R peaks at 360 Hz from the recording's start."""
    classes: NDArray[np.int8]
    """``[n]``: place of the most probable class."""
    readable: NDArray[np.bool_]
    """``[seconds]``: whether any lead can be read."""
    odds: NDArray[np.float32]
    """``[seconds]``; see :func:`ecg.rhythm.ventricular_fibrillation.fibrillation_odds`."""
    odd: NDArray[np.bool_]
    """``[n]``; see :attr:`ecg.features.stream.BeatBlock.odd`."""
    atrial: NDArray[np.float32]
    """``[blocks, 7]``; see :attr:`ecg.features.stream.BeatBlock.atrial`."""
    groups: FamilyGroups

    def to_bytes(self) -> bytes:
        """For :meth:`from_bytes`, of the same program."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "groups"}
        arrays |= {f"groups.{field.name}": getattr(self.groups, field.name) for field in fields(self.groups)}
        file = io.BytesIO()
        np.savez(file, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """What :meth:`to_bytes` made."""
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            groups = FamilyGroups(**{field.name: arrays[f"groups.{field.name}"] for field in fields(FamilyGroups)})
            return cls(
                **{field.name: arrays[field.name] for field in fields(cls) if field.name != "groups"}, groups=groups
            )


def folded(digests: list[Digest]) -> tuple[Digest, FamilyGathering]:
    """Digests that follow each other as one, and the families that their beats make so far.

    However a recording's digests are folded, the last one says the same.
    """
    gathering = FamilyGathering()
    for digest in digests:
        gathering.join(digest.groups)
    whole = Digest(
        np.concatenate([digest.samples for digest in digests]),
        np.concatenate([digest.classes for digest in digests]),
        np.concatenate([digest.readable for digest in digests]),
        np.concatenate([digest.odds for digest in digests]),
        np.concatenate([digest.odd for digest in digests]),
        np.concatenate([digest.atrial for digest in digests]),
        gathering.groups(),
    )
    return whole, gathering
