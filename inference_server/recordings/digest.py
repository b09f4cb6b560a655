"""What the whole recording has to know of one of its segments, or of several in a row: some bytes a beat and second."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
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


_COLUMNS: Final = ("samples", "classes", "readable", "odds", "odd", "atrial")
_OF_GROUPS: Final = ("sums", "lead_weights", "counts", "early")


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
    def from_bytes(cls, body: bytes | memoryview) -> Self:
        """What :meth:`to_bytes` made.

        Raises:
            ValueError: it isn't that.
        """
        try:
            (length,) = _LENGTH.unpack_from(body)
            shapes = [tuple(map(int, shape)) for shape in json.loads(bytes(body[_LENGTH.size : _LENGTH.size + length]))]
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


def folded(digests: Iterable[Digest]) -> Digest:
    """Digests that follow each other as one. However a recording's digests are folded, the last one says the same."""
    columns, gathering = joined(digests)
    return Digest(**columns, groups=gathering.groups())


def joined(digests: Iterable[Digest]) -> tuple[dict[str, NDArray[Any]], FamilyGathering]:
    """What digests that follow each other say, by the names of :class:`Digest`, and the families that their beats make
    so far.
    """
    gathering = FamilyGathering()
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _COLUMNS}
    for digest in digests:
        gathering.join(digest.groups)
        for name, parts in columns.items():
            parts.append(getattr(digest, name))
    return {name: np.concatenate(columns.pop(name)) for name in _COLUMNS}, gathering


def packed(digests: Iterable[Digest]) -> tuple[bytes, Digest]:
    """Digests that follow each other in some seven bytes a beat, for :func:`unpacked`, and what stands for them before
    the next ones: their groups, as if each had one beat.
    """
    whole = folded(digests)
    groups = whole.groups
    count = len(groups.counts)
    ones = replace(groups, of_beat=np.arange(count, dtype=np.int32), likeness=np.zeros(count, np.float32))
    beats = replace(groups, **{name: getattr(groups, name)[:0] for name in _OF_GROUPS})
    apart = np.diff(whole.samples, prepend=np.int32(0))
    nothing = {name: getattr(whole, name)[:0] for name in _COLUMNS}
    return zlib.compress(replace(whole, samples=apart, groups=beats).to_bytes(), 1), Digest(**nothing, groups=ones)


def unpacked(pieces: Sequence[bytes | memoryview], rest: Digest) -> Digest:
    """What was packed, piece by piece, as one digest; ``rest`` stands for all of it."""
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_COLUMNS, "of_beat", "likeness")}
    place_of = rest.groups.of_beat
    for piece in reversed(pieces):
        part = Digest.from_bytes(zlib.decompress(piece))
        places = place_of[part.groups.of_beat]
        before = len(places) - len(part.samples)
        place_of = places[:before]
        part = replace(part, samples=np.cumsum(part.samples, dtype=np.int32))
        for name in _COLUMNS:
            columns[name].append(getattr(part, name).copy())
        columns["of_beat"].append(places[before:].astype(np.uint8))  # a gathering holds fewer groups
        columns["likeness"].append(part.groups.likeness[before:].copy())
    whole = {name: np.concatenate(columns.pop(name)[::-1]) for name in [*columns]}
    groups = replace(rest.groups, of_beat=whole.pop("of_beat"), likeness=whole.pop("likeness"))
    return Digest(**whole, groups=groups)
