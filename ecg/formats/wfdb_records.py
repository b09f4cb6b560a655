"""WFDB records, PhysioNet's format: the header, the samples of one or several segments, and the annotations."""

from __future__ import annotations

from collections.abc import Sequence

from ecg.formats import wfdb_annotations, wfdb_header, wfdb_segments, wfdb_signals
from ecg.formats.files import InputFile
from ecg.formats.source import Marks, Source
from ecg.formats.wfdb_header import Header
from ecg.formats.wfdb_signals import Lookup
from ecg.recording_errors import RecordingError


def read(files: Sequence[InputFile]) -> Source:
    """The record whose header is the first of the files."""
    header = wfdb_header.read(files[0])
    lookup = Lookup(files[1:], files[0].folder)
    source = wfdb_segments.read(header, lookup) if header.segments else wfdb_signals.single(header, lookup)
    source.warnings = header.warnings + source.warnings
    _add_marks(source, header, lookup)
    return source


def _add_marks(source: Source, header: Header, lookup: Lookup) -> None:
    """The annotations that came with the record: ``.atr`` where there is one, or the only other file that is one."""
    parsed = {}
    for file in lookup.files:
        if file.name in lookup.used or file.size > 64 * 1024**2:
            continue
        try:
            marks = wfdb_annotations.parse(file.read(), header.rate)
        except RecordingError:
            if file.base_name.lower().endswith(".atr"):
                source.warn("RECORDING_ANNOTATIONS_INVALID", "The annotations are damaged and were left out.")
            continue
        if len(marks.samples):
            parsed[file.base_name] = marks
    if not parsed:
        return
    name = next((name for name in parsed if name.lower().endswith(".atr")), sorted(parsed)[0])
    if len(parsed) > 1:
        source.warn("RECORDING_ANNOTATIONS_LEFT_OUT", f"Of {len(parsed)} annotation files, {name[:40]!r} was read.")
    marks = parsed[name]
    source.marks = Marks(marks.samples / header.rate, marks.symbols.tolist(), marks.notes.tolist())
