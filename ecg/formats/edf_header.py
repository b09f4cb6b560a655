"""Headers of EDF, EDF+, BDF and BDF+ files (Kemp et al. 1992, Kemp and Olivan 2003), each field checked.

The ``edfio`` package reads these files too, and the tests compare with it. It is not used here: it loads BDF files
whole, doesn't tell when each record begins, so that the gaps of EDF+D are lost, and ends with a ``ValueError`` or an
unscaled signal where a field is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from ecg.formats import limits
from ecg.formats.files import InputFile
from ecg.recording import RecordingWarning
from ecg.recording_errors import RecordingError

#: Bytes of each field of a signal: label, transducer, unit, physical and digital ends, filters, samples, reserved.
_WIDTHS: Final = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """One signal as the header describes it."""

    label: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[int, int]
    samples: int
    """In a record."""
    offset: int
    """Of its first sample in a record, samples."""
    fault: str = ""

    @property
    def is_annotations(self) -> bool:
        """Whether it holds texts instead of samples."""
        return self.label in ("EDF Annotations", "BDF Annotations")


@dataclass(slots=True)
class EdfHeader:
    """What the header of a file says."""

    sample_bytes: int
    """2 of EDF, 3 of BDF."""
    plus: str
    """``C`` of an EDF+ file without gaps, ``D`` of one with gaps, else empty."""
    header_bytes: int
    records: int
    """-1 where the recorder didn't come to write it."""
    record_seconds: float
    start: datetime | None
    signals: list[EdfSignal] = field(default_factory=list)
    warnings: list[RecordingWarning] = field(default_factory=list)

    @property
    def record_bytes(self) -> int:
        """Size of a record."""
        return sum(signal.samples for signal in self.signals) * self.sample_bytes

    def warn(self, reason: str, message: str, lead: str = "") -> None:
        """Note something that a reader should know."""
        warning = RecordingWarning(reason, message, lead)
        if warning not in self.warnings:
            self.warnings.append(warning)


def read(file: InputFile) -> EdfHeader:
    """The header of a file.

    Raises:
        RecordingError: it is damaged, or claims what can't be.
    """
    head = file.read(0, 256)
    if len(head) < 256:
        raise RecordingError("RECORDING_TRUNCATED", "The file ends within its header.")
    count = _integer(head[252:256], "number of signals")
    limits.check_channels(count)
    body = file.read(256, 256 * count)
    if len(body) < 256 * count:
        raise RecordingError("RECORDING_TRUNCATED", "The file ends within its header.")
    reserved = _text(head[192:236])
    plus = reserved[4:5] if reserved[:4] in ("EDF+", "BDF+") else ""
    header = EdfHeader(
        3 if head[:1] == b"\xff" else 2,
        plus if plus in ("C", "D") else "",
        256 * (count + 1),
        _integer(head[236:244], "number of records"),
        0.0,
        None,
    )
    header.record_seconds = _number(head[244:252], "duration of a record", header)
    if _text(head[184:192]) != str(header.header_bytes):
        header.warn("RECORDING_HEADER_CONTRADICTORY", "The header's own length is not what it says; it was reckoned.")
    header.start = _start(head, header)
    _add_signals(header, body, count)
    if header.record_bytes == 0:
        raise RecordingError("RECORDING_HEADER_INVALID", "The header says that a record has no samples.")
    return header


def _add_signals(header: EdfHeader, body: bytes, count: int) -> None:
    columns, begin = [], 0
    for width in _WIDTHS:
        columns.append([body[begin + width * index : begin + width * (index + 1)] for index in range(count)])
        begin += width * count
    offset = 0
    for index in range(count):
        label, unit = _text(columns[0][index]), _text(columns[2][index])
        samples = _integer(columns[8][index], f"number of samples of {label}")
        if not 0 <= samples <= 50_000_000:
            raise RecordingError("RECORDING_HEADER_INVALID", f"{samples} samples in a record of {label} can't be.")
        faults: list[str] = []
        physical = tuple(_guarded(_number, columns[at][index], label, header, faults) for at in (3, 4))
        digital = tuple(int(_guarded(_number, columns[at][index], label, header, faults)) for at in (5, 6))
        signal = EdfSignal(
            label, unit, (physical[0], physical[1]), (digital[0], digital[1]), samples, offset, "".join(faults[:1])
        )
        header.signals.append(_judged(signal))
        offset += samples


def _judged(signal: EdfSignal) -> EdfSignal:
    """The signal with what is wrong about its scale."""
    fault = signal.fault
    if not fault and signal.digital[0] == signal.digital[1]:
        fault = "its digital minimum and maximum are the same, so its samples have no size."
    if not fault and signal.physical[0] == signal.physical[1]:
        fault = "its physical minimum and maximum are the same, so its samples have no size."
    return EdfSignal(signal.label, signal.unit, signal.physical, signal.digital, signal.samples, signal.offset, fault)


def _guarded(
    parse: Callable[[bytes, str, EdfHeader], float], text: bytes, label: str, header: EdfHeader, faults: list[str]
) -> float:
    try:
        return parse(text, label, header)
    except RecordingError as error:
        faults.append(f"one of the ends of its range is no number ({_text(text)!r}).")
        if error.reason != "RECORDING_HEADER_INVALID":
            raise
        return 0.0


def _text(raw: bytes) -> str:
    """ASCII by the standard; many write Latin-1, some UTF-8."""
    raw = raw.rstrip(b" \0")
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def _integer(raw: bytes, what: str) -> int:
    text = _text(raw)
    if not re.fullmatch(r"[-+]?\d{1,8}(?:\.0*)?", text):
        raise RecordingError("RECORDING_HEADER_INVALID", f"The header's {what} is no whole number: {text!r}.")
    return int(float(text))


def _number(raw: bytes, what: str, header: EdfHeader) -> float:
    text = _text(raw)
    if "," in text:
        if text.count(",") > 1 or "." in text:
            raise RecordingError("RECORDING_HEADER_INVALID", f"The header's {what} is no number: {text!r}.")
        header.warn("RECORDING_DECIMAL_COMMA", "The header has decimal commas; they were read as such.")
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError as error:
        raise RecordingError("RECORDING_HEADER_INVALID", f"The header's {what} is no number: {text!r}.") from error
    if not math.isfinite(value):
        raise RecordingError("RECORDING_HEADER_INVALID", f"The header's {what} is no number: {text!r}.")
    return value


def _start(head: bytes, header: EdfHeader) -> datetime | None:
    """Date and time of the start; EDF+ gives the year with four digits apart."""
    day, clock = _text(head[168:176]), _text(head[176:184])
    try:
        hour, minute, second = (int(part) for part in re.split(r"[.:]", clock))
        moment = time(hour, minute, second)
        plus = re.match(r"Startdate (\d{1,2})-([A-Za-z]{3})-(\d{4})", _text(head[88:168]))
        if plus and plus[2].upper() in _MONTHS:
            return datetime.combine(date(int(plus[3]), _MONTHS.index(plus[2].upper()) + 1, int(plus[1])), moment)
        days, month, year = (int(part) for part in re.split(r"[./\-]", day))
        return datetime.combine(date(year + (1900 if year >= 85 else 2000), month, days), moment)
    except ValueError:
        header.warn("RECORDING_START_INVALID", "The header's date or time of the start can't be read.")
        return None
