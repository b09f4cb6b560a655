"""Headers of WFDB records (header(5) of the WFDB Applications Guide), read strictly: what they name is only looked up
among the files that were sent, and what they claim is checked before it is believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from ecg.formats import limits
from ecg.formats.files import InputFile
from ecg.recording import RecordingWarning
from ecg.recording_errors import RecordingError

DEFAULT_RATE: Final = 250.0
"""Of a record whose header gives none (header(5))."""
DEFAULT_GAIN: Final = 200.0
"""Digital units for a millivolt where the gain is absent or 0 (header(5))."""
FORMATS: Final = (8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516, 524)

_MAX_HEADER: Final = 1 << 22
_NUMBER: Final = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_RECORD: Final = re.compile(r"^([\w.\-]+)(?:/(\d+))?$")
_RATE: Final = re.compile(rf"^({_NUMBER})(?:/({_NUMBER})(?:\(({_NUMBER})\))?)?$")
_FORMAT: Final = re.compile(r"^(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?$")
_GAIN: Final = re.compile(rf"^({_NUMBER})(?:\(([-+]?\d+)\))?(?:/(\S+))?$")
_FIRST_LINE: Final = re.compile(r"^[\w.\-]+(?:/\d+)?[ \t]+\d+(?:[ \t]+\S+){0,5}[ \t]*$")
_SIGNAL_LINE: Final = re.compile(r"^(?=\S*[A-Za-z~]|-[ \t])\S+[ \t]+\d+(?:x\d+)?(?::\d+)?(?:\+\d+)?(?:[ \t]|$)")
_SEGMENT_LINE: Final = re.compile(r"^(?:~|[\w.\-/\\:]+)[ \t]+\d+[ \t]*$")


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal as its header describes it."""

    file: str
    format: int
    per_frame: int
    skew: int
    """Frames by which its samples come late in the file."""
    byte_offset: int
    gain: float
    """Digital units for one physical unit."""
    baseline: int
    """Digital value of 0 physical units."""
    unit: str
    bits: int
    initial: int | None
    checksum: int | None
    """Sum of all samples, modulo 2^16."""
    label: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a record of several segments; ``~`` for a stretch without samples."""

    name: str
    frames: int


@dataclass(slots=True)
class Header:
    """A record."""

    name: str
    rate: float
    frames: int
    """0 where the header doesn't say."""
    start: datetime | None
    signals: list[SignalLine] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    """Of a record of several segments; empty otherwise."""
    warnings: list[RecordingWarning] = field(default_factory=list)


def looks_like_one(text: str) -> bool:
    """Whether a text is the header of a WFDB record."""
    lines = _lines(text[:8192])
    if len(lines) < 2 or not _FIRST_LINE.match(lines[0]):
        return False
    words = lines[0].split()
    several = "/" in words[0]
    announced = int((words[0].partition("/")[2] if several else words[1])[:9])
    if len(lines) - 1 > announced:  # a table of numbers has more lines than its first one says
        return False
    return bool((_SEGMENT_LINE if several else _SIGNAL_LINE).match(lines[1]))


def main_header(headers: Sequence[InputFile]) -> InputFile:
    """The header to begin with: the one that no other names as its segment."""
    if len(headers) == 1:
        return headers[0]
    segments = set()
    for file in headers:
        lines = _lines(_text(file))
        if "/" in lines[0].split()[0]:
            segments |= {line.split()[0] for line in lines[1:]}
    first = [file for file in headers if file.base_name.rsplit(".", 1)[0] not in segments]
    if len(first) != 1:
        raise RecordingError("RECORDING_SEVERAL", f"There are {len(first)} records in it; send them one by one.")
    return first[0]


def read(file: InputFile) -> Header:
    """The header in a file.

    Raises:
        RecordingError: it is not one, claims what can't be, or names files elsewhere.
    """
    lines = _lines(_text(file))
    if not lines:
        raise _invalid("it is empty")
    header, several, count = _record_line(lines[0].split())
    if len(lines) - 1 < count:
        raise _invalid(f"it announces {count} lines and has {len(lines) - 1}")
    if several:
        header.segments = [_segment(line) for line in lines[1 : 1 + count]]
    else:
        header.signals = [_signal(line, number, header) for number, line in enumerate(lines[1 : 1 + count])]
    return header


def _text(file: InputFile) -> str:
    if file.size > _MAX_HEADER:
        raise RecordingError("RECORDING_TOO_LARGE", "The header is too large to be one.")
    return file.read().decode("utf-8-sig", errors="replace")


def _lines(text: str) -> list[str]:
    text = text.lstrip("﻿")
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip() and not line.lstrip().startswith("#")]


def _record_line(words: list[str]) -> tuple[Header, bool, int]:  # noqa: C901 - a branch for each field
    """The header that the first line begins, whether it has segments, and how many lines must follow."""
    match = _RECORD.match(words[0])
    if match is None or len(words) < 2 or not words[1].isdigit():
        raise _invalid("its first line is no record line")
    count = int(words[1][:9])
    header = Header(match[1], DEFAULT_RATE, 0, None)
    if count or not match[2]:
        limits.check_channels(count)
    if len(words) > 2:
        rate = _RATE.match(words[2])
        if rate is None:
            raise _invalid(f"{words[2]!r} is no sampling rate")
        header.rate = _number(rate[1], header)
    else:
        header.warnings.append(
            RecordingWarning("RECORDING_RATE_DEFAULT", "The header gives no sampling rate; WFDB's own, 250, was taken.")
        )
    if len(words) > 3:
        if words[3] == "-1":  # an unknown number, as EDF has it
            message = "The header doesn't say how long the recording is; it was read to the end of the file."
            header.warnings.append(RecordingWarning("RECORDING_RECORD_COUNT_UNKNOWN", message))
        elif not words[3].isdigit():
            raise _invalid(f"{words[3]!r} is no number of samples")
        else:
            header.frames = int(words[3][:18])
    if len(words) > 4:
        header.start = _start(words[4], words[5] if len(words) > 5 else "", header)
    if match[2] is None:
        return header, False, count
    segments = int(match[2][:9])
    if not 1 <= segments <= 100_000:
        raise RecordingError("RECORDING_TOO_LARGE", f"The header claims {segments} segments.")
    return header, True, segments


def _start(clock: str, day: str, header: Header) -> datetime | None:
    """Base time and date, also the other way round as in CPSC 2018; without a date there is none to give."""
    if ":" in day and ":" not in clock:
        clock, day = day, clock
    try:
        parts = clock.split(":")
        seconds = float(parts[-1])
        minutes = int(parts[-2]) if len(parts) > 1 else 0
        hours = int(parts[-3]) if len(parts) > 2 else 0
        moment = time(hours, minutes, int(seconds), round(seconds % 1 * 1_000_000) % 1_000_000)
        if not day:
            return None
        numbers = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", day)
        if numbers:
            return datetime.combine(date(int(numbers[3]), int(numbers[2]), int(numbers[1])), moment)
        return datetime.combine(datetime.strptime(day, "%d-%b-%Y").date(), moment)
    except ValueError:
        message = "The header's date or time of the start can't be read."
        header.warnings.append(RecordingWarning("RECORDING_START_INVALID", message))
        return None


def _segment(line: str) -> Segment:
    words = line.split()
    if len(words) < 2 or not words[1].isdigit():
        raise _invalid(f"{line[:60]!r} is no segment")
    if words[0] != "~":
        check_name(words[0])
    return Segment(words[0], int(words[1][:18]))


def _signal(line: str, number: int, header: Header) -> SignalLine:
    words = line.split(None, 8)
    if len(words) < 2:
        raise _invalid(f"{line[:60]!r} describes no signal")
    shape = _FORMAT.match(words[1])
    if shape is None:
        raise _invalid(f"{words[1]!r} is no signal format")
    code = int(shape[1][:6])
    if words[0] != "~":
        check_name(words[0])
        if code not in FORMATS:
            raise RecordingError("RECORDING_UNSUPPORTED_FORMAT", f"Signal format {code} is not known.")
    label = words[8].strip() if len(words) > 8 else ""
    named = label or f"signal {number}"
    gain, baseline, unit, fault = _gain(words[2] if len(words) > 2 else "", named, header)
    integers = [_integer(word) for word in words[3:8]] + [None] * (5 - len(words[3:8]))
    bits, zero, initial, checksum, _ = integers
    per_frame = int((shape[2] or "1")[:6])
    if not 1 <= per_frame <= 65_536:
        raise _invalid(f"{per_frame} samples a frame can't be")
    return SignalLine(
        words[0],
        code,
        per_frame,
        int((shape[3] or "0")[:9]),
        int((shape[4] or "0")[:15]),
        gain,
        baseline if baseline is not None else (zero or 0),
        unit,
        bits or 0,
        initial,
        checksum,
        label,
        fault,
    )


def _gain(text: str, label: str, header: Header) -> tuple[float, int | None, str, str]:
    """Gain, baseline, unit, and what is wrong with them."""
    match = _GAIN.match(text) if text else None
    if text and match is None:
        return DEFAULT_GAIN, None, "mV", f"Its gain {text[:30]!r} is no number."
    gain = _number(match[1], header) if match else 0.0
    unit = (match[3] if match and match[3] else "mV").replace("_", " ")
    if not math.isfinite(gain):
        return DEFAULT_GAIN, None, unit, f"Its gain {text[:30]!r} is no number."
    if gain == 0:
        gain = DEFAULT_GAIN
        message = (
            f"{label}: the header gives no gain; WFDB's own, 200 units for 1 {unit}, was taken. Heights may be wrong."
        )
        header.warnings.append(RecordingWarning("RECORDING_GAIN_DEFAULT", message, label))
    if gain < 0:
        message = f"{label}: the header's gain is negative; the lead was turned round accordingly."
        header.warnings.append(RecordingWarning("RECORDING_LEAD_INVERTED", message, label))
    return gain, int(match[2]) if match and match[2] else None, unit, ""


def _integer(word: str) -> int:
    if not re.fullmatch(r"[-+]?\d{1,18}", word):
        raise _invalid(f"{word[:30]!r} is no whole number")
    return int(word)


def _number(text: str, header: Header) -> float:
    if "," in text:
        message = "The header has decimal commas; they were read as such."
        warning = RecordingWarning("RECORDING_DECIMAL_COMMA", message)
        if warning not in header.warnings:
            header.warnings.append(warning)
    return float(text.replace(",", "."))


def check_name(name: str) -> None:
    """Refuse a name that leads out of the files that were sent."""
    if "/" in name or "\\" in name or ":" in name or name in ("-", ".", "..") or name.startswith("~"):
        raise RecordingError(
            "RECORDING_FILE_OUTSIDE", f"The header names a file elsewhere, {name[:60]!r}; only what was sent is read."
        )


def _invalid(what: str) -> RecordingError:
    return RecordingError("RECORDING_HEADER_INVALID", f"The WFDB header can't be read: {what}.")
