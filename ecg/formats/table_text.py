"""Text of tables: encodings, line ends, separators, decimal commas; numbers out of lines, fast where they are plain."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.formats import limits
from ecg.formats.files import InputFile
from ecg.formats.sniffing import HEAD, decoded
from ecg.recording_errors import RecordingError

#: What people write for a value that is not there.
_NOTHING: Final = {
    "",
    "nan",
    "na",
    "n/a",
    "#n/a",
    "null",
    "none",
    "-",
    "--",
    "---",
    "?",
    "inf",
    "-inf",
    "+inf",
    "infinity",
}
_DAY: Final = r"(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})([./])(\d{1,2})[./](\d{4}))"
_CLOCK: Final = re.compile(
    r"^(?:" + _DAY + r"[T\s]+)?(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)\s*"
    r"(?:([AP])\.?M\.?)?\s*(?:Z|([+-]\d{2}):?(\d{2}))?$",
    re.IGNORECASE,
)
_MINUS: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
_REMARKS: Final = ("#", "%", "//")
"""How lines begin that are no rows, wherever they stand."""
_DATE: Final = re.compile(rb"(?m)(?:^|[\r\n])[\"']?(\d{4}-\d{2}-\d{2})[T ]")
_CLOCK_FIRST: Final = re.compile(
    rb"(?m)^[\"'\[]?(?:\d{4}-\d{2}-\d{2}[T ])?(\d{1,2}):(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)(?:Z|\+00:00)?[\"'\]]?"
)
_DIGIT, _SEPARATOR, _LINE_END = 1, 2, 3
_PIECE: Final = 1 << 22
_LONGEST_LINE: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table writes its fields."""

    separator: str
    """One character; a space for any run of blanks."""
    decimal: str

    def split(self, line: str) -> list[str]:
        """The fields of a line, without quotes."""
        if self.separator == " ":
            fields = line.split()
        elif '"' in line:
            fields = next(csv.reader([line], delimiter=self.separator, skipinitialspace=True), [])
        else:
            fields = line.split(self.separator)
        return [field.strip().strip("'\"").strip() for field in fields]

    def number(self, field: str) -> float | None:
        """The number in a field, ``nan`` for nothing; None for what is no number."""
        text = field.strip().lower().translate(_MINUS)
        if text in _NOTHING:
            return float("nan")
        if self.decimal == ",":
            if "." in text:
                return None
            text = text.replace(",", ".")
        if "_" in text:
            return None
        try:
            value = float(text)
        except ValueError:
            return None
        return value if np.isfinite(value) else float("nan")


def clock_seconds(field: str) -> float | None:
    """Seconds of a time of day, with its date if it has one: ``12:30:05.250``, ``2020-01-01 12:30:05``, ``[…]``.

    Noon and midnight may be told by AM and PM; a time that names its zone is that of Greenwich.
    """
    match = _CLOCK.match(field.strip().strip("[]'\"").strip())
    if match is None:
        return None
    year, month, day, first, mark, second, last, hours, minutes, seconds, half, zone, zone_minutes = match.groups()
    hour = int(hours or 0) if half is None else int(hours or 0) % 12 + 12 * (half.upper() == "P")
    total = hour * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    if zone is not None:
        total -= int(zone) * 3600 + int(f"{zone[0]}{zone_minutes}") * 60
    if last is not None:  # 31.12.2024, 12/31/2024
        year, month, day = (last, first, second) if mark == "/" and int(first) <= 12 else (last, second, first)
    if year is None:
        return total
    try:
        return total + date(int(year), int(month), int(day)).toordinal() * 86_400.0
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of lines."""

    file: InputFile
    encoding: str
    begin: int
    """Bytes of a byte order mark."""
    line_end: bytes

    def lines(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Blocks of whole lines from ``offset``: the offset of each and its bytes."""
        with self.file.open() as source:
            source.seek(offset)
            rest = b""
            while piece := source.read(_PIECE):
                block = rest + piece
                cut = block.rfind(self.line_end)
                if cut < 0:
                    rest = block
                    if len(rest) > _LONGEST_LINE:
                        raise RecordingError("RECORDING_TABLE_IRREGULAR", "The table has a line too long to be one.")
                    continue
                cut += len(self.line_end)
                yield offset, block[:cut]
                offset += cut
                rest = block[cut:]
            if rest:
                yield offset, rest


def open_text(file: InputFile) -> TextFile:
    """A file as text, UTF-16 turned into UTF-8 on the way."""
    head = file.read(0, HEAD)
    text = decoded(head)
    if text is None:
        raise RecordingError("RECORDING_UNSUPPORTED_FORMAT", "The file is no text.")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
        limits.check_document(file.size)
        wide = file.read()
        mark = wide[:2] in (b"\xff\xfe", b"\xfe\xff")
        name = "utf-16" if mark else ("utf-16-le" if wide[1:2] == b"\0" else "utf-16-be")
        file = InputFile(file.name, wide.decode(name, errors="replace").encode())
        head = file.read(0, HEAD)
    begin = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    try:
        head[: max(0, len(head) - 4)].decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "cp1252"
    line_end = b"\r" if b"\r" in head and b"\n" not in head else b"\n"
    return TextFile(file, encoding, begin, line_end)


@dataclass(frozen=True, slots=True)
class RowFormat:
    """How a row of samples is written."""

    dialect: Dialect
    columns: int
    clock: int | None = None
    """The column that holds times of day."""
    time: int | None = None
    """The column that holds times at all, where that is known: a line with other words there is no row."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What whole lines hold."""

    values: NDArray[np.float64]
    """``[rows, columns]``."""
    damaged: Sequence[int] = ()
    """Which rows are (all ``nan``)."""
    remarks: int = 0
    """Lines that are no rows: remarks between them, a header again, sums below them."""


def parse_block(block: bytes, text: TextFile, form: RowFormat) -> Rows:
    """The rows of whole lines."""
    fast = _parse_plain(block, form.dialect, form.columns) if form.clock is None else _parse_clocked(block, form)
    if fast is not None:
        return Rows(fast)
    rows: list[list[float]] = []
    damaged: list[int] = []
    remarks = 0
    for line in split_lines(block, text):
        fields = form.dialect.split(line)
        if _is_remark(line, fields, form):
            remarks += 1
            continue
        while len(fields) > form.columns and not fields[-1]:
            fields.pop()
        values = [_value(field, form.dialect) for field in fields]
        if len(values) != form.columns or all(value is None for value in values):
            damaged.append(len(rows))
            values = [None] * form.columns
        rows.append([float("nan") if value is None else value for value in values])
    return Rows(np.array(rows, np.float64).reshape(-1, form.columns), damaged, remarks)


def _is_remark(line: str, fields: Sequence[str], form: RowFormat) -> bool:
    """Whether a line is no row: a remark, or words where a row has its time."""
    if line.lstrip().startswith(_REMARKS):
        return True
    if form.time is None or not fields:
        return False
    return _value(fields[min(form.time, len(fields) - 1)], form.dialect) is None


def split_lines(block: bytes, text: TextFile) -> list[str]:
    """The lines of a block that are not empty."""
    lines = block.decode(text.encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line for line in lines if line.strip(" \t,;|\x1a")]


def _value(field: str, dialect: Dialect) -> float | None:
    number = dialect.number(field)
    return clock_seconds(field) if number is None else number


@cache
def _classes(dialect: Dialect) -> NDArray[np.uint8]:
    """What each byte is in a plain row of numbers; 0 for what may not be in one."""
    table = np.zeros(256, np.uint8)
    table[list(b"+-0123456789eE" + dialect.decimal.encode())] = _DIGIT
    table[ord(dialect.separator)] = _SEPARATOR
    table[ord("\n")] = _LINE_END
    return table


def _parse_plain(block: bytes, dialect: Dialect, columns: int) -> NDArray[np.float64] | None:
    """Rows of nothing but numbers, by NumPy; None where there is anything else."""
    if dialect.separator == dialect.decimal:
        return None
    separator = dialect.separator.encode()
    plain = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace("\N{MINUS SIGN}".encode(), b"-")
    if not plain.endswith(b"\n"):
        plain += b"\n"
    if b" " in plain and separator != b" ":
        plain = plain.replace(separator + b" ", separator).replace(b" " + separator, separator).replace(b"\n ", b"\n")
    kinds = _classes(dialect)[np.frombuffer(plain, np.uint8)]
    ends = np.flatnonzero(kinds >= _SEPARATOR)
    regular = kinds.all() and ends[0] > 0 and not (np.diff(ends) == 1).any() and len(ends) % columns == 0
    if not regular or not (kinds[ends].reshape(-1, columns) == [_SEPARATOR] * (columns - 1) + [_LINE_END]).all():
        return None
    text = (
        plain.replace(separator, b" ").replace(b",", b".") if dialect.decimal == "," else plain.replace(separator, b" ")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            values = np.fromstring(text.decode("ascii"), np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            return None
    return values.reshape(-1, columns) if len(values) == len(ends) else None


def _parse_clocked(block: bytes, form: RowFormat) -> NDArray[np.float64] | None:
    """Rows that begin with a time, ``[2024-02-01T]12:30:05.250``: its parts become columns; one date a block."""
    separator = form.dialect.separator.encode()
    if form.clock != 0 or separator == b" ":
        return None
    dates = set(_DATE.findall(block))
    if len(dates) > 1:
        return None
    day = next(iter(dates), b"")
    parts, count = _CLOCK_FIRST.subn(rb"\1" + separator + rb"\2" + separator + rb"\3", block)
    rows = _parse_plain(parts, form.dialect, form.columns + 2) if count else None
    if rows is None or count != len(rows) or (day and block.count(day) < len(rows)):
        return None
    midnight = clock_seconds(f"{day.decode()} 00:00:00") if day else 0.0
    if midnight is None:
        return None
    seconds = midnight + rows[:, 0] * 3600 + rows[:, 1] * 60 + rows[:, 2]
    return np.column_stack([seconds, rows[:, 3:]])
