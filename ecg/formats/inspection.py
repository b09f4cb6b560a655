"""What the samples themselves say about a recording: gaps, flat and saturated leads, sizes and signs that can't be.

Fed block by block, once, so that it costs no memory whatever the recording's length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.digital import MISSING, Digital, Scale
from ecg.formats import limits
from ecg.recording import Gap, RecordingWarning
from ecg.recording_errors import RecordingError

#: Millivolts from peak to peak in the median second. Normal hearts give 0.3 to 5, great hypertrophy up to 10;
#: microvolts read as millivolts a thousand times as much.
_TOO_LARGE: Final = 20.0
_TOO_SMALL: Final = 0.02
#: Millivolts that no sample reaches: electrodes are polarised by 300 at most (IEC 60601-2-47).
_BEYOND: Final = 500.0
#: Share of flat or missing seconds that is worth a word.
_NOTABLE: Final = 0.05
#: A converter at its end repeats the same value, three times at least, after a jump of so many digital units; so many
#: times, or in such a share of all samples.
_JUMP: Final = 3
_PLATEAUS: Final = 5
_CUT_OFF: Final = 0.01
#: Leads with fewer digital values than this between their least and greatest reach both of them often.
_COARSE: Final = 64
#: Samples by which Einthoven's law is tested, and the share of the leads' own spread that may remain.
_LAW_SAMPLES: Final = 1_000_000
_LAW_REST: Final = 0.5

#: Each is zero whatever the heart does (Einthoven 1913, Goldberger 1942): leads and their factors.
_LAWS: Final = (
    (("II", 1.0), ("I", -1.0), ("III", -1.0)),
    (("aVR", 1.0), ("I", 0.5), ("II", 0.5)),
    (("aVL", 1.0), ("I", -1.0), ("II", 0.5)),
    (("aVF", 1.0), ("II", -1.0), ("I", 0.5)),
)


@dataclass(slots=True)
class _End:
    """How often a lead was cut off at its least or greatest value."""

    value: int | None = None
    plateaus: int = 0
    samples: int = 0

    def add(self, row: Digital, extreme: int, better: Callable[[int, int], bool]) -> None:
        if self.value is None or better(extreme, self.value):
            self.value, self.plateaus, self.samples = extreme, 0, 0
        if extreme != self.value:
            return
        at = row == extreme
        run = at[:-2] & at[1:-1] & at[2:]
        first = np.flatnonzero(run & ~np.concatenate([[False], run[:-1]]))
        # what is cut off arrives with a jump; a slow wave rounds off
        jumps = np.abs(row[first].astype(np.int64) - row[np.maximum(first - 1, 0)])
        self.plateaus += int(((jumps >= _JUMP) & (row[np.maximum(first - 1, 0)] != MISSING)).sum())
        self.samples += int(at.sum())

    def is_cut_off(self, recorded: int, *, at_end: bool) -> bool:
        """Whether this is the end of a range, which the converter's own surely is."""
        often = self.plateaus >= _PLATEAUS or self.samples > _CUT_OFF * recorded
        return self.plateaus > 0 and (often or at_end)


@dataclass(slots=True)
class _LeadNotes:
    recorded: int = 0
    seconds: int = 0
    flat_seconds: int = 0
    low: _End = field(default_factory=_End)
    high: _End = field(default_factory=_End)
    sizes: list[NDArray[np.float32]] = field(default_factory=list)
    """Peak to peak of each second in which the lead moved, digital."""
    digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=16))


class Inspector:
    """Looks at a recording's samples as they pass."""

    def __init__(
        self, names: tuple[str, ...], scales: tuple[Scale, ...], rate: float, limits: Sequence[tuple[int, int] | None]
    ) -> None:
        self._names, self._scales = names, scales
        self._limits = limits or (None,) * len(names)
        self._rate, self._window = rate, max(1, round(rate))
        self._leads = [_LeadNotes() for _ in names]
        self._gaps: list[Gap] = []
        self._gap_begin: int | None = None
        self._samples = 0
        self._laws = [law for law in _LAWS if all(name in names for name, _ in law)]
        self._sums = np.zeros((len(self._laws), 3))
        self._law_samples = 0

    def add(self, digital: Digital) -> None:
        """The next block, ``[leads, samples]``."""
        recorded = digital != MISSING
        self._find_gaps(recorded.any(axis=0))
        for row, present, notes in zip(digital, recorded, self._leads, strict=True):
            self._look_at(row, present, notes)
        if self._laws and self._law_samples < _LAW_SAMPLES:
            self._test_laws(digital, recorded)
        self._samples += digital.shape[1]

    def finish(self) -> tuple[tuple[Gap, ...], tuple[RecordingWarning, ...]]:
        """Gaps and warnings, after the last block.

        Raises:
            RecordingError: no lead has any sample.
        """
        if not any(notes.recorded for notes in self._leads):
            raise RecordingError("RECORDING_EMPTY", "All samples of the recording are marked as not recorded.")
        self._close_gap(self._samples)
        warnings = [*self._gap_warnings(), *self._lead_warnings(), *self._identical(), *self._contradictory()]
        gaps = sorted(self._gaps, key=lambda gap: gap.begin - gap.end)[: limits.MAX_GAPS]
        return tuple(sorted(gaps, key=lambda gap: gap.begin)), tuple(warnings)

    def _find_gaps(self, any_lead: NDArray[np.bool_]) -> None:
        if self._gap_begin is None and any_lead.all():
            return
        edges = np.flatnonzero(np.diff(any_lead.astype(np.int8))) + 1
        present = bool(any_lead[0])
        for at in (0, *edges.tolist()):
            if at:
                present = not present
            if present:
                self._close_gap(self._samples + at)
            elif self._gap_begin is None:
                self._gap_begin = self._samples + at

    def _close_gap(self, end: int) -> None:
        if self._gap_begin is not None:
            self._gaps.append(Gap(self._gap_begin, end))
            self._gap_begin = None
            if len(self._gaps) > 4 * limits.MAX_GAPS:  # keep the longest
                self._gaps = sorted(self._gaps, key=lambda gap: gap.begin - gap.end)[: limits.MAX_GAPS]

    def _look_at(self, row: Digital, present: NDArray[np.bool_], notes: _LeadNotes) -> None:
        notes.digest.update(np.ascontiguousarray(row).data)
        count = int(present.sum())
        notes.recorded += count
        if not count:
            return
        values = row if count == len(row) else row[present]
        low, high = int(values.min()), int(values.max())
        notes.low.add(row, low, int.__lt__)
        notes.high.add(row, high, int.__gt__)
        whole = len(row) // self._window * self._window
        windows = (row[:whole] if whole else row).reshape(-1, self._window if whole else len(row))
        complete = present[:whole].reshape(windows.shape).all(axis=1) if whole else present.all(keepdims=True)
        size = np.ptp(windows[complete].astype(np.float32), axis=1)
        notes.seconds += len(size)
        notes.flat_seconds += int((size == 0).sum())
        notes.sizes.append(size[size > 0])

    def _test_laws(self, digital: Digital, recorded: NDArray[np.bool_]) -> None:
        usable = recorded.all(axis=0)
        self._law_samples += int(usable.sum())
        for place, law in enumerate(self._laws):
            rows = []
            for name, factor in law:
                index = self._names.index(name)
                rows.append(digital[index, usable] * (self._scales[index].step * factor))
            if rows[0].size > 1:
                size = rows[0].size
                rest, spread = np.var(sum(rows)), np.mean([np.var(row) for row in rows])
                self._sums[place] += (rest * size, spread * size, size)

    def _gap_warnings(self) -> Iterator[RecordingWarning]:
        if self._gaps:
            missing = sum(gap.end - gap.begin for gap in self._gaps)
            count = len(self._gaps)
            yield RecordingWarning(
                "RECORDING_GAPS",
                f"{count} gap{'s' if count > 1 else ''}, {missing / self._rate:.1f} s together, "
                "in which nothing was recorded.",
            )

    def _lead_warnings(self) -> Iterator[RecordingWarning]:
        missing = sum(gap.end - gap.begin for gap in self._gaps)
        for name, scale, ends, notes in zip(self._names, self._scales, self._limits, self._leads, strict=True):
            if not notes.recorded:
                yield RecordingWarning("RECORDING_LEAD_EMPTY", f"Lead {name} has no samples.", name)
                continue
            lost = self._samples - missing - notes.recorded
            if lost > 0:
                share = lost / (self._samples - missing)
                yield RecordingWarning(
                    "RECORDING_VALUES_MISSING", f"Lead {name}: {lost} samples are missing ({share:.1%}).", name
                )
            yield from _shape_warnings(name, scale, ends or (MISSING, -MISSING), notes)

    def _identical(self) -> Iterator[RecordingWarning]:
        first_with: dict[bytes, str] = {}
        for name, notes in zip(self._names, self._leads, strict=True):
            if not notes.recorded or notes.low.value == notes.high.value:
                continue
            key = notes.digest.digest()
            if key in first_with:
                yield RecordingWarning(
                    "RECORDING_LEADS_IDENTICAL",
                    f"Leads {first_with[key]} and {name} are the same, sample by sample.",
                    name,
                )
            first_with.setdefault(key, name)

    def _contradictory(self) -> Iterator[RecordingWarning]:
        for law, (rest, spread, size) in zip(self._laws, self._sums, strict=True):
            if size and spread > 0 and np.sqrt(rest / spread) > _LAW_REST:
                names = ", ".join(name for name, _ in law)
                yield RecordingWarning(
                    "RECORDING_LEADS_CONTRADICTORY",
                    f"Leads {names} contradict each other: two names may be swapped, or one lead turned round.",
                )
                return


def _beyond_warnings(name: str, scale: Scale, notes: _LeadNotes) -> Iterator[RecordingWarning]:
    """Samples that can't be measured: what a file has for a missing one, or a zero that is none."""
    reached = max(
        (scale.step * end.value + scale.offset for end in (notes.low, notes.high) if end.value is not None), key=abs
    )
    if abs(reached) > _BEYOND:
        yield RecordingWarning(
            "RECORDING_VALUES_OUT_OF_RANGE",
            f"Lead {name} has samples of {reached:,.0f} mV, which no electrode gives; they may stand for missing ones.",
            name,
        )


def _shape_warnings(name: str, scale: Scale, ends: tuple[int, int], notes: _LeadNotes) -> Iterator[RecordingWarning]:
    """Flat, saturated, too large, too small."""
    assert notes.low.value is not None  # noqa: S101 - it has samples
    assert notes.high.value is not None  # noqa: S101
    if notes.low.value == notes.high.value:
        yield RecordingWarning("RECORDING_LEAD_FLAT", f"Lead {name} is one flat line.", name)
        return
    if notes.flat_seconds > _NOTABLE * notes.seconds:
        share = notes.flat_seconds / notes.seconds
        yield RecordingWarning("RECORDING_LEAD_FLAT", f"Lead {name} is flat in {share:.0%} of its seconds.", name)
    if notes.high.value - notes.low.value >= _COARSE:
        at_ends = notes.low.value <= ends[0] + 1, notes.high.value >= ends[1] - 1
        clipped = [
            end
            for end, at_end in zip((notes.low, notes.high), at_ends, strict=True)
            if end.is_cut_off(notes.recorded, at_end=at_end)
        ]
        if clipped:
            yield RecordingWarning(
                "RECORDING_LEAD_SATURATED",
                f"Lead {name} was cut off {sum(end.plateaus for end in clipped)} times at the end of its range.",
                name,
            )
    sizes = np.concatenate(notes.sizes)
    if not sizes.size:
        return
    size = float(np.median(sizes)) * abs(scale.step)
    if not _TOO_SMALL <= size <= _TOO_LARGE:
        yield RecordingWarning(
            "RECORDING_AMPLITUDE_IMPLAUSIBLE",
            f"Lead {name} is {size:.3g} mV high from peak to peak; the unit or the gain in the file may be wrong.",
            name,
        )
    else:
        yield from _beyond_warnings(name, scale, notes)
