"""JSON documents with columns of samples: by lead, as a list of leads, or row by row."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg import leads
from ecg.formats import arrays, table_time, units
from ecg.formats.files import InputFile
from ecg.formats.source import Source
from ecg.formats.table_layout import GAIN_KEY
from ecg.formats.table_text import clock_seconds
from ecg.formats.table_time import Timeline
from ecg.recording_errors import RecordingError

_RATE: Final = re.compile(
    r"^(?:sampl\w*[\s_-]*(?:rate|freq\w*)\w*|fs|sf|s_?rate|freq\w*|hz|sampling_?(?:hz)?)$", re.IGNORECASE
)
#: Objects of frequencies that are none of samples.
_OTHER_FREQUENCY: Final = re.compile(r"filter|notch|mains|band|heart|noise|cut", re.IGNORECASE)
_UNIT: Final = re.compile(
    r"^(?:units?|unit_?of_?measure\w*|amplitude_?unit\w*|physical_?(?:unit|dimension)s?)$", re.IGNORECASE
)
_NAME: Final = re.compile(r"^(?:name|label|lead\w*|channel\w*|code|id|sig_?name)$", re.IGNORECASE)
_NAMES: Final = re.compile(
    r"^(?:names|labels|leads|lead_?names|channels|channel_?names|sig_?names?|columns)$", re.IGNORECASE
)
_START: Final = re.compile(r"^(?:start\w*|record\w*(?:at|time|date)|time_?stamp|date\w*|base_?time)$", re.IGNORECASE)
_DEPTH: Final = 12
_LONGEST_NAME: Final = 8
_LEAST: Final = 3
"""Numbers that a list must have to be samples."""


def read(files: Sequence[InputFile]) -> Source:
    """The recording in a JSON document."""
    try:
        document = json.loads(files[0].document().decode("utf-8-sig"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise RecordingError("RECORDING_DAMAGED", "The JSON document is damaged or not complete.") from error
    facts = _Facts()
    facts.walk(document, "", 0)
    if not facts.columns:
        raise RecordingError("RECORDING_NO_ECG", "The JSON document has no lists of samples.")
    return _source(facts)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, none of whose names stands twice.

    Raises:
        RecordingError: one does, with another value.
    """
    made: dict[str, Any] = {}
    for name, value in pairs:
        if made.setdefault(name, value) != value:
            raise RecordingError("RECORDING_CONTRADICTORY", f"The JSON document says {name[:40]!r} twice.")
    return made


_Listed = tuple[str, str, NDArray[np.float64]]
"""Name, unit and values of a list."""


class _Facts:
    """What a document says, wherever in it."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.units: set[str] = set()
        self.names: list[str] = []
        self.start: datetime | None = None
        self.gain = ""
        self.columns: list[_Listed] = []

    def walk(self, node: Any, name: str, depth: int) -> None:
        """Gather facts from a part of the document, which its parent calls ``name``."""
        if depth > _DEPTH:
            raise RecordingError("RECORDING_UNSUPPORTED_FORMAT", "The JSON document is nested too deeply.")
        if isinstance(node, dict):
            self._walk_object(node, name, depth)
        elif isinstance(node, list) and node:
            self._walk_list(node, name, depth)

    def _walk_object(self, node: dict[str, Any], name: str, depth: int) -> None:
        own = next((str(value) for key, value in node.items() if _NAME.match(key) and isinstance(value, str)), "")
        unit = next((str(value) for key, value in node.items() if _UNIT.match(key) and isinstance(value, str)), "")
        for key, value in node.items():
            if isinstance(value, list) and _numbers(value) is not None and len(value) >= _LEAST:
                self._add(_label(own, key) or name, unit, value)
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                self._note_number(key, value, name)
            elif isinstance(value, str):
                self._note(key, value)
            elif isinstance(value, list) and _NAMES.match(key) and all(isinstance(item, str) for item in value):
                self.names = [str(item) for item in value]
            elif isinstance(value, (dict, list)):
                self.walk(value, own or key, depth + 1)
        if units.millivolts(unit) is not None:  # a heart rate has a unit, too
            self.units.add(unit)

    def _note_number(self, key: str, value: float, parent: str) -> None:
        if _RATE.match(key) and not _OTHER_FREQUENCY.search(parent):
            self.rates.append(float(value))
        elif GAIN_KEY.search(key) and value != 1:
            self.gain = f"{key}: {value:g}"

    def _note(self, key: str, value: str) -> None:
        if _RATE.match(key) and (
            match := re.match(r"\s*(\d+(?:\.\d+)?)\s*(?:hz|hertz|sps)?\s*$", value, re.IGNORECASE)
        ):
            self.rates.append(float(match[1]))
        elif _START.match(key) and self.start is None:
            try:
                self.start = datetime.fromisoformat(value.replace("Z", "+00:00"))
            except ValueError:
                return

    def _walk_list(self, node: list[Any], name: str, depth: int) -> None:
        if len(node) >= _LEAST and _numbers(node) is not None:
            self._add(name, "", node)
        elif all(isinstance(item, dict) for item in node) and _is_rows(node):
            for key in node[0]:
                column = [item.get(key) for item in node]
                if _numbers(column) is None:
                    column = [clock_seconds(str(item)) for item in column]
                if _numbers(column) is not None:
                    self._add(str(key), "", column)
            unit = next((str(value) for key, value in node[0].items() if _UNIT.match(key)), "")
            self.units |= {unit} if units.millivolts(unit) is not None else set()
        elif all(isinstance(item, list) and _numbers(item) is not None for item in node):
            self._add_matrix(node)
        else:
            for item in node:
                self.walk(item, name, depth + 1)

    def _add_matrix(self, node: list[list[Any]]) -> None:
        """Leads as lists, or rows as lists: there are fewer leads than samples."""
        if len({len(row) for row in node}) == 1 and len(node) > len(node[0]):
            node = [list(column) for column in zip(*node, strict=True)]
        for row in node:
            self._add("", "", row)

    def _add(self, name: str, unit: str, values: list[Any]) -> None:
        numbers = _numbers(values)
        assert numbers is not None  # noqa: S101 - asked before
        if sum(len(column[2]) for column in self.columns) + len(numbers) > 100_000_000 or len(self.columns) >= 512:
            raise RecordingError("RECORDING_TOO_LARGE", "The JSON document has too many lists of numbers.")
        self.columns.append((name, unit, numbers))


def _label(own: str, key: str) -> str:
    """A list's name: what its object calls itself, or the list's key; a long name may be a person's."""
    is_lead = leads.canonical(own)[1] is leads.Channel.LEAD
    if own and (is_lead or (len(own) <= _LONGEST_NAME and leads.canonical(key)[1] is not leads.Channel.LEAD)):
        return own
    return key


def _numbers(values: list[Any]) -> NDArray[np.float64] | None:
    """A list as numbers, ``nan`` for null; None where anything else is in it, or nothing but nulls."""
    if any(isinstance(value, bool) or not isinstance(value, (int, float, type(None))) for value in values):
        return None
    try:
        numbers = np.array([float("nan") if value is None else value for value in values], np.float64)
    except OverflowError:
        return None
    numbers[~np.isfinite(numbers)] = np.nan
    return None if np.isnan(numbers).all() else numbers


def _is_rows(node: list[dict[str, Any]]) -> bool:
    """Whether objects are rows of a table: many, alike, with plain values."""
    keys = set(node[0])
    return (
        len(node) >= _LEAST
        and bool(keys)
        and all(set(row) == keys and not any(isinstance(value, (dict, list)) for value in row.values()) for row in node)
    )


def _source(facts: _Facts) -> Source:
    columns = list(facts.columns)
    time = next((index for index, column in enumerate(columns) if table_time.is_time(column[0])), None)
    times = columns.pop(time) if time is not None and len(columns) > 1 else None
    longest = max(len(values) for _, _, values in columns)
    signals = [column for column in columns if _is_signal(column, longest)]
    named = _named(signals, facts.names)
    rates, voltages = set(facts.rates), {units.millivolts(unit) for unit in facts.units}
    if len(rates) > 1:
        text = ", ".join(f"{rate:g}" for rate in sorted(rates))
        raise RecordingError("RECORDING_CONTRADICTORY", f"The JSON document gives several sampling rates: {text}.")
    common = min(facts.units) if len(voltages) == 1 else ""
    source = arrays.source_of(
        [
            arrays.Column(name or f"list {number + 1}", values, _unit(name, unit or common))
            for number, (name, unit, values) in enumerate(named)
        ],
        next(iter(rates), None),
        unnamed=len(named) > 1 and len({name for name, *_ in named if name}) < len(named),
    )
    source.start = facts.start
    if facts.gain and all(np.nanmax(np.abs(values - np.rint(values))) == 0 for _, _, values in signals):
        source.warn("RECORDING_GAIN_NOT_APPLIED", arrays.gain_not_applied(facts.gain))
    left_out = [name or "a list" for name, _, values in columns if not _is_signal((name, "", values), longest)]
    if left_out:
        source.warn("RECORDING_CHANNELS_LEFT_OUT", "Not read, as they are too short: " + ", ".join(left_out[:20]) + ".")
    if times is not None and len(times[2]) == longest:
        _apply_times(source, times)
    return source


def _is_signal(column: _Listed, longest: int) -> bool:
    """Whether a list is a lead, and not such as the places of R peaks."""
    return len(column[2]) >= 0.5 * longest or leads.canonical(column[0])[1] is leads.Channel.LEAD


def _named(columns: list[_Listed], names: list[str]) -> list[_Listed]:
    """The columns with the names that stand apart from them, if they have none; one alone is an ECG."""
    if len(names) == len(columns) and not all(name for name, *_ in columns):
        return [(name, unit, values) for name, (_, unit, values) in zip(names, columns, strict=True)]
    if len(columns) == 1 and leads.canonical(columns[0][0])[1] is not leads.Channel.LEAD:
        return [("ECG", *columns[0][1:])]
    return columns


def _unit(name: str, unit: str) -> str:
    """The unit, also where it is part of the name: ``ecg_mv``."""
    if unit:
        return unit
    match = re.search(r"[\s_(\[]([munµ]?v)[)\]]?$", name, re.IGNORECASE)
    return match[1] if match and units.millivolts(match[1]) is not None else ""


def _apply_times(source: Source, times: _Listed) -> None:
    timeline = Timeline()
    timeline.add(times[2])
    usual = float(np.median(timeline.steps[timeline.steps > 0])) if (timeline.steps > 0).any() else 0.0
    unit, certain = table_time.unit_of(times[0], times[1]), True
    if unit is None:
        unit, certain = table_time.guessed_unit(timeline.begin, usual)
    if unit is not None:
        if not certain:
            source.warn(
                "RECORDING_TIME_UNIT_ASSUMED", "The document's times have no unit; the plausible one was taken."
            )
        table_time.place(source, timeline, unit)
