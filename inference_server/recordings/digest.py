"""What the whole recording has to know of one of its segments, or of several in a row: some bytes a beat and second."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ecg.families.clustering import COMPARED, FamilyGathering, FamilyGroups
from ecg.signal.grid import BLOCK, BLOCK_SECONDS

_LENGTH: Final = struct.Struct("<I")
#: Name, values and dimensions of each array, in the order in which they are written.
_ARRAYS: Final = tuple(
    (name, np.dtype(dtype), dimensions)
    for name, dtype, dimensions in (
        ("samples", "<i4", 1),
        ("classes", "i1", 1),
        ("readable", "?", 1),
        ("odds", "<f4", 1),
        ("odd", "?", 1),
        ("atrial", "<f4", 2),
        ("sums", "<f4", 3),
        ("lead_weights", "<f4", 2),
        ("counts", "<i8", 1),
        ("early", "?", 1),
        ("of_beat", "<i4", 1),
        ("likeness", "<f4", 1),
    )
)


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
        """For :meth:`from_bytes`, of the same program: the arrays' shapes, then their values one after the other."""
        arrays = self._arrays()
        shapes = json.dumps([array.shape for array in arrays]).encode()
        return b"".join([_LENGTH.pack(len(shapes)), shapes, *(array.tobytes() for array in arrays)])

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """What :meth:`to_bytes` made.

        Raises:
            ValueError: it isn't that.
        """
        try:
            (length,) = _LENGTH.unpack_from(body)
            shapes = [tuple(map(int, shape)) for shape in json.loads(body[_LENGTH.size : _LENGTH.size + length])]
            arrays, place = {}, _LENGTH.size + length
            for (name, dtype, dimensions), shape in zip(_ARRAYS, shapes, strict=True):
                if len(shape) != dimensions or min(shape) < 0:
                    raise ValueError(f"{name} has the shape {shape}")
                count = math.prod(shape)
                arrays[name] = np.frombuffer(body, dtype, count, place).reshape(shape)
                place += count * dtype.itemsize
        except (struct.error, TypeError) as error:
            raise ValueError(str(error)) from error
        if place != len(body):
            raise ValueError(f"{len(body)} bytes, and {place} are described")
        own = {field.name: arrays[field.name] for field in fields(cls) if field.name != "groups"}
        return cls(**own, groups=FamilyGroups(**{field.name: arrays[field.name] for field in fields(FamilyGroups)}))

    def fits(self, blocks: range, leads: int, classes: int) -> bool:
        """Whether it can be what was found in these blocks of a recording: no place in it leads out of it."""
        beats, groups = len(self.samples), len(self.groups.counts)
        begin, end = blocks.start * BLOCK, blocks.stop * BLOCK
        lengths = {
            len(self.classes): beats,
            len(self.odd): beats,
            len(self.groups.of_beat): beats,
            len(self.groups.likeness): beats,
            len(self.groups.sums): groups,
            len(self.groups.lead_weights): groups,
            len(self.groups.early): groups,
            len(self.readable): len(blocks) * BLOCK_SECONDS,
            len(self.odds): len(blocks) * BLOCK_SECONDS,
            len(self.atrial): len(blocks),
        }
        inside = bool(
            ((self.samples >= begin) & (self.samples < end)).all()
            and (np.diff(self.samples) > 0).all()
            and ((self.classes >= 0) & (self.classes < classes)).all()
            and ((self.groups.of_beat >= 0) & (self.groups.of_beat < groups)).all()
        )
        shape, weights = self.groups.sums.shape[1:], self.groups.lead_weights.shape[1:]
        widths = not groups or (shape == (leads, COMPARED) and weights == (leads,))
        return inside and widths and all(length == wanted for length, wanted in lengths.items())

    def _arrays(self) -> list[NDArray[Any]]:
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays |= {field.name: getattr(self.groups, field.name) for field in fields(FamilyGroups)}
        return [np.ascontiguousarray(arrays[name], dtype) for name, dtype, _ in _ARRAYS]


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
