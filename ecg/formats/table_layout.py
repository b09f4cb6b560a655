"""What a table's columns are: separator and decimal mark, names, units, and what the lines above the columns say."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ecg import leads
from ecg.formats import units
from ecg.formats.table_text import Dialect, RowFormat, clock_seconds
from ecg.recording_errors import RecordingError

_DIALECTS: Final = (
    *(Dialect("\t", "."), Dialect("\t", ","), Dialect(";", "."), Dialect(";", ","), Dialect(",", ".")),
    *(Dialect("|", "."), Dialect("|", ","), Dialect(" ", "."), Dialect(" ", ","), Dialect(",", ",")),
)
_LEAST_ROWS: Final = 3
_MOST_LINES: Final = 300
"""By which the layout is told."""
_RATE_KEY: Final = re.compile(
    r"sampl|abtast|\brate|\bfs\b|\bsf\b|muestreo|[eé]chantillonnage|campionamento|amostragem", re.IGNORECASE
)
_NUMBER: Final = r"\d+(?:[.,]\d+)?(?:e[+-]?\d+)?"
_RATE_VALUE: Final = re.compile(
    rf"({_NUMBER})\s*(?:k?hz|hertz|herz|sps|samples?\s*(?:/|per)\s*s\w*)(?![a-z])", re.IGNORECASE
)
_RATE_STATED: Final = re.compile(
    r"(?:sampl\w*[\s_\-]*(?:rate|freq\w*)|abtastrate|abtastfrequenz|\bfs|\bsf)\W{1,8}"
    rf"({_NUMBER})\s*(?:hz|hertz)?\W*",
    re.IGNORECASE,
)
_OTHER_FREQUENCY: Final = re.compile(
    r"filter|pass\b|notch|mains|netz|cut|band|heart|herz(?:rate|freq)|puls|\bhr\b|bpm|\d\s*-\s*\d+\s*k?hz",
    re.IGNORECASE,
)
_UNIT_KEY: Final = re.compile(r"^(?:units?|einheit\w*|unit[eé]s?|unidad\w*|unit[aà]|eenheid)$", re.IGNORECASE)
_LEAD_KEY: Final = re.compile(
    r"^(?:leads?|ableitung\w*|d[eé]rivation\w*|derivaci[oó]n\w*|channels?|kanal)$", re.IGNORECASE
)
_START_KEY: Final = re.compile(r"(?:record\w*|start\w*|aufz\w*|date|datum|begin\w*)", re.IGNORECASE)
_EITHER_DATE: Final = re.compile(r"\D*(?:0?\d|1[0-2])/(?:0?\d|1[0-2])/\d{4}\D")
#: 1.234,5: neither a number by the decimal point nor by the comma alone.
_THOUSANDS: Final = re.compile(r"[;\t]\s*[\"']?-?\d{1,3}(?:\.\d{3})+,\d")
GAIN_KEY: Final = re.compile(
    r"^(?:adc[\s_-]*)?(?:gain|verst[aä]rkung)\b|resolution|aufl[oö]sung|(?:per|/)[\s_]*(?:bit|lsb|count|unit)|^lsb|^scale",
    re.IGNORECASE,
)
"""Names of facts by which counts of a converter become millivolts."""
_UNIT_IN_NAME: Final = re.compile(r"^(.*?)[\s_]*(?:[(\[{/]\s*([^()\[\]{}/]+?)\s*[)\]}]?|[_\s]([munµμ]?V))$")


@dataclass(slots=True)
class Layout:
    """A table."""

    dialect: Dialect
    first_line: int
    """The first row of samples, counted in lines that are not empty."""
    names: list[str]
    """Of the columns; empty texts where the table has none."""
    units: list[str]
    named: bool
    rate: float | None = None
    unit: str = ""
    lead: str = ""
    start: datetime | None = None
    clock: int | None = None
    """The column that holds times of day."""
    time: int | None = None
    """The column that holds times at all, once it is known."""
    has_either_dates: bool = False
    """Whether its dates may have day or month first: 05/03/2024."""
    gain: str = ""
    """What the lines above the columns say of a gain or resolution."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Warnings as reason and message."""

    @property
    def columns(self) -> int:
        """How many."""
        return len(self.names)

    @property
    def rows(self) -> RowFormat:
        """How its rows are written."""
        return RowFormat(self.dialect, self.columns, self.clock, self.time)


def find(lines: Sequence[str]) -> Layout:
    """The layout of a table from its first lines, empty ones left out.

    Raises:
        RecordingError: there are no rows of numbers in it, or they can be read in more than one way.
    """
    lines = lines[:_MOST_LINES]
    dialect, first, columns = _dialect(lines)
    notes = []
    if dialect.decimal == ",":
        notes.append(("RECORDING_DECIMAL_COMMA", "The table has decimal commas; they were read as such."))
    above = list(lines[:first])
    names, unit_names, named, used = _names(above, dialect, columns)
    if not named and _is_numbering(dialect.split(lines[first]), lines[first + 1 :], dialect):
        first += 1
    if columns == 1 and above and _counts_rows(lines[first : first + 50]):
        first += 1
        notes.append(("RECORDING_ROWS_DAMAGED", "The number before the samples was not read as one of them."))
    layout = Layout(dialect, first, names, unit_names, named, notes=notes)
    _read_preamble(layout, above[: len(above) - used])
    in_names = _RATE_VALUE.search(above[-1].replace("_", " ")) if above and used else None
    if layout.rate is None and in_names and not _OTHER_FREQUENCY.search(above[-1]) and "-" not in above[-1]:
        layout.rate = _hertz(in_names)
    _refuse_tidy([dialect.split(line) for line in lines[first:]], columns)
    row = dialect.split(lines[first])
    layout.clock = next(
        (index for index, text in enumerate(row) if dialect.number(text) is None and clock_seconds(text) is not None),
        None,
    )
    layout.has_either_dates = layout.clock is not None and bool(_EITHER_DATE.match(row[layout.clock]))
    return layout


def _refuse_tidy(rows: Sequence[Sequence[str]], columns: int) -> None:
    """Refuse a table whose rows are single samples of one lead each, which a column names."""
    for column in range(columns):
        texts = {row[column] for row in rows if len(row) == columns}
        if 1 < len(texts) < len(rows) / 4 and all(leads.canonical(text)[0] in leads.STANDARD for text in texts):
            raise RecordingError(
                "RECORDING_TABLE_IRREGULAR", "Each line holds a sample of one lead; write a column for each lead."
            )


def _dialect(lines: Sequence[str]) -> tuple[Dialect, int, int]:
    """Separator and decimal mark, first row, number of columns."""
    if 2 * sum(bool(_THOUSANDS.search(line)) for line in lines) > len(lines):
        raise RecordingError(
            "RECORDING_NUMBERS_AMBIGUOUS", "Numbers of the table have points between thousands; write them without."
        )
    fits = [fit for dialect in _DIALECTS if (fit := _fit(lines, dialect)) is not None]
    if not fits:
        raise RecordingError("RECORDING_TABLE_IRREGULAR", "The text has no rows of numbers with as many columns each.")
    best = max(fit.rows for fit in fits)
    good = [fit for fit in fits if fit.rows >= 0.95 * best]
    whole = [fit for fit in good if fit.dialect.decimal == "," and fit.columns == 1]
    pairs = [fit for fit in good if fit.dialect == Dialect(",", ".") and fit.columns > 1]
    if whole and pairs and any("," in line for line in lines[whole[0].first :]):
        fit = _comma(lines, whole[0], pairs[0])
    else:
        fit = max(
            good,
            key=lambda fit: (
                -fit.strangers / fit.rows,
                fit.columns > 1,
                fit.dialect.separator != " ",
                -_DIALECTS.index(fit.dialect),
            ),
        )
    dialect = fit.dialect
    rows = [line for line in lines[fit.first :] if line.count(",") == fit.columns - 1]
    if (
        dialect == Dialect(",", ".")
        and any(re.search(r"(?:^|,)0\d", line) for line in rows)
        and "." not in "".join(rows)
    ):
        raise _ambiguous()  # whole numbers have no leading zeros
    if dialect.decimal == "," and not any("," in line for line in lines[fit.first :]):
        dialect = Dialect(dialect.separator, ".")
    return dialect, fit.first, fit.columns


def _comma(lines: Sequence[str], decimal: _Fit, separator: _Fit) -> _Fit:
    """Whether ``0,123`` is one number or two. Whole numbers have no leading zeros and no lone minus sign."""
    rows = [line.split(",") for line in lines[separator.first : separator.first + 500]]
    tails = [text.strip() for row in rows for text in row[1:]]
    heads = [row[0].strip() for row in rows]
    zeros = any(re.fullmatch(r"0\d+", text) for text in tails) or "-0" in heads
    signs = any(text[:1] in ("-", "+") or "." in text for text in tails) or any("." in head for head in heads)
    if signs:
        return separator
    if separator.columns == 2 and zeros:
        return decimal
    header = lines[separator.first - 1] if separator.first else ""
    names = len(header.split(",")) if header and not _numbers(header.split(","), separator.dialect) else 0
    if not zeros and (names == separator.columns or _counts_up(heads)):
        return separator
    raise _ambiguous()


def _ambiguous() -> RecordingError:
    return RecordingError(
        "RECORDING_NUMBERS_AMBIGUOUS",
        "Commas in the table may separate columns or decimals; write decimals with points, or columns with semicolons.",
    )


def _counts_up(fields: Sequence[str]) -> bool:
    if len(fields) < 3 or not all(re.fullmatch(r"\d{1,15}", text) for text in fields):
        return False
    numbers = [int(text) for text in fields]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _numbers(fields: Sequence[str], dialect: Dialect) -> bool:
    """Whether a line may be a row of samples: something in it is a number, and not much is anything else."""
    values = [dialect.number(text) for text in fields]
    good = sum(not math.isnan(value) for value in values if value is not None)
    other = sum(value is None and clock_seconds(text) is None for value, text in zip(values, fields, strict=True))
    clocks = sum(value is None and clock_seconds(text) is not None for value, text in zip(values, fields, strict=True))
    return good > 0 and other <= good and clocks <= 1


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a dialect reads the lines."""

    dialect: Dialect
    first: int
    """First row."""
    columns: int
    rows: int
    strangers: int
    """Fields in rows that are no numbers."""


def _fit(lines: Sequence[str], dialect: Dialect) -> _Fit | None:
    """Rows of the commonest number of fields; the first one is where all columns of numbers have one."""
    split = [_trimmed(dialect.split(line)) for line in lines]
    numeric = [index for index, fields in enumerate(split) if _numbers(fields, dialect)]
    if not numeric:
        return None
    widths = Counter(len(split[index]) for index in numeric)
    columns = max(widths, key=lambda width: (widths[width], width))
    rows = [index for index in numeric if len(split[index]) == columns]
    if len(rows) < _LEAST_ROWS and len(rows) < len(lines) - 1:
        return None
    values = {index: [_is_value(text, dialect) for text in split[index]] for index in rows}
    common = [sum(row[column] for row in values.values()) >= 0.8 * len(rows) for column in range(columns)]
    whole = [index for index in rows if all(good for good, wanted in zip(values[index], common, strict=True) if wanted)]
    if not whole or not any(common):
        return None
    strangers = sum(not good for index in whole for good in values[index])
    return _Fit(dialect, whole[0], columns, len(whole), strangers)


def _trimmed(fields: list[str]) -> list[str]:
    while len(fields) > 1 and not fields[-1]:
        fields.pop()
    return fields


def _is_value(text: str, dialect: Dialect) -> bool:
    return dialect.number(text) is not None or clock_seconds(text) is not None


def _names(above: Sequence[str], dialect: Dialect, columns: int) -> tuple[list[str], list[str], bool, int]:
    """Names and units of columns from the lines above the rows, and how many of those lines they took."""
    none = [""] * columns
    if not above:
        return none, none, False, 0
    last = _fields(above[-1], dialect, columns)
    if last is None or (columns == 1 and not _is_name(last[0])):
        return none, none, False, 0
    if len(above) > 1 and _are_units(last):
        before = _fields(above[-2], dialect, columns)
        if before is not None:
            names, inner = _split_units(before)
            return names, [unit.strip("()[] ") or own for unit, own in zip(last, inner, strict=True)], True, 2
    names, inner = _split_units(last)
    return names, inner, any(names), 1


def _fields(line: str, dialect: Dialect, columns: int) -> list[str] | None:
    """The fields of a line of names; a name may be missing before an index."""
    text = line.lstrip("#%/ \t") if dialect.separator != " " else line.lstrip("#%")
    fields = dialect.split(text)
    while len(fields) > columns and not fields[-1]:
        fields.pop()
    if len(fields) == columns - 1 and dialect.separator == " " and leads.canonical(fields[-1])[1] is leads.Channel.LEAD:
        fields.insert(0, "")
    return fields if len(fields) == columns else None


def _is_name(text: str) -> bool:
    """Whether a line of one field above one column is its name, and no remark."""
    return len(text) <= 40 and not re.search(r"[:=,;\t]", text)


def _are_units(fields: Sequence[str]) -> bool:
    """Whether a line of names holds units: a voltage at least, and nothing that is a lead or long."""
    texts = [text.strip("()[] ") for text in fields if text.strip()]
    leads_among = any(leads.canonical(text)[0] in leads.STANDARD for text in texts)
    voltages = any(units.millivolts(text) is not None for text in texts)
    return voltages and not leads_among and all(len(text) <= 12 for text in texts)


def _split_units(fields: Sequence[str]) -> tuple[list[str], list[str]]:
    """``II (mV)`` into name and unit."""
    names, unit_names = [], []
    for text in fields:
        match = _UNIT_IN_NAME.match(text)
        unit = (match[2] or match[3] or "").strip() if match else ""
        is_unit = units.millivolts(unit) is not None or re.fullmatch(
            r"s|ms|us|µs|ns|sec\w*|%|bpm|g|mmhg|adu|raw|counts?|lsb|a\.?u\.?", unit, re.IGNORECASE
        )
        if match and unit and is_unit and match[1].strip():
            names.append(match[1].strip(" _-:"))
            unit_names.append(unit)
        elif units.millivolts(text) is not None:  # nothing but the unit
            names.append("ECG" if len(fields) <= 2 else text)
            unit_names.append(text)
        else:
            names.append(text)
            unit_names.append("")
    return names, unit_names


def _is_numbering(fields: Sequence[str], rows: Sequence[str], dialect: Dialect) -> bool:
    """Whether a first row 0, 1, 2 … numbers the columns."""
    numbered = [str(index) for index in range(len(fields))]
    counted = [str(index + 1) for index in range(len(fields))]
    if len(fields) < 2 or list(fields) not in (numbered, counted):
        return False
    return any("." in text or "," in text for line in rows[:50] for text in dialect.split(line))


def _counts_rows(rows: Sequence[str]) -> bool:
    """Whether a first whole number, before numbers with decimals alone, says how many follow."""
    decimals = [bool(re.search(r"[.,]\d", row)) for row in rows]
    return len(rows) > 20 and all(decimals[1:]) and bool(re.fullmatch(r"\d{3,}", rows[0].strip()))


def _read_preamble(layout: Layout, lines: Sequence[str]) -> None:
    """Rate, unit, lead and start from lines such as ``Sample Rate,512 hertz`` or ``# fs = 250``."""
    rates = set()
    for line in lines:
        rates |= _rates(line)
        key, text = _key_and_value(line)
        if not text:
            continue
        if _UNIT_KEY.match(key) or (not layout.unit and units.millivolts(text) is not None and len(text) <= 12):
            layout.unit = text
        if _LEAD_KEY.match(key) or (not layout.lead and leads.canonical(text)[0] in leads.STANDARD):
            layout.lead = text
        if GAIN_KEY.search(key) and re.match(r"\d", text):
            layout.gain = line.strip("#%/; \t")
        if layout.start is None and _START_KEY.search(key):
            layout.start = _moment(text)
    layout.rate = rates.pop() if len(rates) == 1 else None  # several contradict each other: a person has to say


def _rates(line: str) -> set[float]:
    """The sampling rates that a line gives: ``Sample Rate,512 hertz``, ``# fs = 250``, ``4 msec/sample``.

    Filters, mains and hearts have frequencies too.
    """
    if _OTHER_FREQUENCY.search(line):
        return set()
    interval = re.search(r"(\d+(?:[.,]\d+)?)\s*(ms|msec|s|sec)\s*/\s*samples?\b", line, re.IGNORECASE)
    if interval:
        seconds = float(interval[1].replace(",", ".")) * (1e-3 if interval[2].lower().startswith("m") else 1.0)
        return {1 / seconds} if seconds else set()
    value = _RATE_VALUE.search(line)
    _, text = _key_and_value(line)
    if value and (_RATE_KEY.search(line[: value.start()]) or value[0].strip() == text.strip("\"' ")):
        return {_hertz(value)}
    stated = _RATE_STATED.search(line)
    return {_hertz(stated)} if stated else set()


def _hertz(found: re.Match[str]) -> float:
    """The rate that a match gives: ``0.25 kHz``, ``250,0``, ``1,000 Hz``, which no ECG has one of a second."""
    text = found[1]
    rate = float(text.replace(",", "" if re.fullmatch(r"\d,000", text) else "."))
    return rate * 1000 if "khz" in found[0].lower() else rate


def _key_and_value(line: str) -> tuple[str, str]:
    text = line.strip().lstrip("#%/; ").strip()
    parts = re.split(r"\s*[=:,;\t]\s*", text, maxsplit=1)
    if len(parts) < 2:
        return "", ""
    return parts[0].strip("\"' "), parts[1].strip("\"',; \t")


def _moment(text: str) -> datetime | None:
    match = re.search(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?", text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(re.sub(r"\s(?=[+-]\d|Z)", "", match[0]))
    except ValueError:
        return None
