"""Reading by way of ``ecgdatakit``, with checks of our own around it: what it takes for granted is asked or refused."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Sequence, Set
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from ecg.formats import arrays, limits
from ecg.formats.files import InputFile
from ecg.formats.sniffing import decoded
from ecg.formats.source import Source
from ecg.recording_errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_ELEMENTS: Final = 2_000_000
_MAX_DEPTH: Final = 100
"""Elements in each other; HL7 aECG, the deepest of them, has some twenty."""
#: What the parsers warn of, and what it is called here; None for what is dealt with otherwise.
_REASONS: Final = (
    (r"rounded to \d+ Hz|sampling rate .*rounded", None),
    (r"raw (?:ADC )?counts|left unscaled", None),
    (r"CRC|checksum", "RECORDING_CHECKSUM_MISMATCH"),
    (r"only the first is read|waveform ignored|present but not loaded", "RECORDING_SERIES_LEFT_OUT"),
    (r"Unrecognised sequences", "RECORDING_CHANNELS_LEFT_OUT"),
    (r"was not applied", "RECORDING_OFFSET_NOT_APPLIED"),
    (r"repbeat|median|representative|reference beat", None),
)

#: Reason and message of a document that :func:`with_points` changed.
DECIMAL_COMMAS: Final = ("RECORDING_DECIMAL_COMMA", "The document has decimal commas; they were read as such.")


def parse(module: str, parser: str, file: InputFile) -> tuple[Any, list[tuple[str, str]]]:
    """A file as ``ecgdatakit`` reads it, and its warnings as reason and message.

    Raises:
        RecordingError: ``RECORDING_DAMAGED`` or ``RECORDING_UNSUPPORTED_FORMAT``.
    """
    from ecgdatakit.exceptions import UnsupportedFormatError

    limits.check_document(file.size)
    reader = getattr(import_module(f"ecgdatakit.parsing.parsers.{module}"), parser)()
    with warnings.catch_warnings(record=True) as caught, _on_disk(file) as path:
        warnings.simplefilter("always")
        try:
            record = reader.parse(path)
        except UnsupportedFormatError as error:
            raise RecordingError("RECORDING_UNSUPPORTED_FORMAT", _clean(str(error), path)) from error
        except MemoryError:
            raise
        except Exception as error:  # whatever a damaged file makes it raise
            raise RecordingError("RECORDING_DAMAGED", f"The file is damaged: {_clean(str(error), path)}") from error
    notes = []
    for warning in caught:
        text = _clean(str(warning.message), path)
        reason = next((reason for pattern, reason in _REASONS if re.search(pattern, text, re.IGNORECASE)), "")
        if reason is not None:
            notes.append((reason or "RECORDING_FORMAT_UNUSUAL", text))
    return record, notes


@contextmanager
def _on_disk(file: InputFile) -> Iterator[Path]:
    if isinstance(file.content, Path):
        yield file.content
        return
    with tempfile.NamedTemporaryFile(prefix="recording-") as copy:
        copy.write(file.content)
        copy.flush()
        yield Path(copy.name)


def _clean(text: str, path: Path) -> str:
    """A message without the path of our copy, and not too long."""
    return " ".join(text.replace(str(path), "the file").replace(path.name, "the file").split())[:300]


def check_xml(file: InputFile) -> None:
    """Refuse documents that would grow when read: with entities, or with more or deeper elements than any recording."""
    limits.check_document(file.size)
    data = file.read()
    text = decoded(data)
    if text is None:
        raise RecordingError("RECORDING_DAMAGED", "The XML document is no text.")
    if "<!ENTITY" in text or re.search(r"<!DOCTYPE[^>\[]*\[", text):
        raise RecordingError("RECORDING_XML_UNSAFE", "The XML document defines entities; such documents are not read.")
    if text.count("<") > 2 * _MAX_ELEMENTS:
        raise RecordingError("RECORDING_XML_UNSAFE", "The XML document has more elements than any recording needs.")
    if _is_deep(data):
        raise RecordingError("RECORDING_XML_UNSAFE", "The XML document has elements in each other without end.")


def with_points(file: InputFile, number: str) -> InputFile:
    """The document with decimal points where its numbers have decimal commas.

    Args:
        file: An XML document.
        number: Pattern of what stands before a number that matters, one group.

    Raises:
        RecordingError: one of these is no number.
    """
    text = decoded(file.document()) or ""
    found = re.compile(rf"({number})([^\"'<>]*)", re.IGNORECASE)
    for match in found.finditer(text):
        if not re.fullmatch(r"\s*[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?\s*", match[2], re.IGNORECASE):
            raise RecordingError("RECORDING_SCALE_INVALID", f"In the document {match[2][:20]!r} stands for a number.")
    plain = found.sub(lambda match: match[1] + match[2].replace(",", "."), text)
    if plain == text:
        return file
    declared = re.sub(r"(<\?xml[^>]*?)\s+encoding\s*=\s*([\"'])[^\"']*\2", r"\1", plain, count=1)
    return InputFile(file.name, declared.encode())


def _is_deep(data: bytes) -> bool:
    """Whether elements lie deeper in each other than in any recording. Damage is for the parser to tell."""
    depth = 0
    parser = expat.ParserCreate()

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise OverflowError

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        parser.Parse(data, True)
    except OverflowError:
        return True
    except expat.ExpatError:
        return False
    return False


def source_of(record: Any, notes: Sequence[tuple[str, str]], rate: float | None = None) -> Source:
    """The rhythm of a record as a source.

    Args:
        record: An ``ecgdatakit`` record.
        notes: Its warnings.
        rate: The exact rate, where the record has it rounded.
    """
    rates = {float(lead.sampling_rate) for lead in record.leads}
    if len(rates) > 1:
        raise RecordingError("RECORDING_CONTRADICTORY", "The leads of the file differ in their sampling rate.")
    columns = []
    labels = {lead.label for lead in record.leads}
    for lead in record.leads:
        fault = "" if lead.resolution else "its samples have no size."
        begin = int(lead.annotations.get("start_sample", "1")) - 1
        columns.append(
            arrays.Column(
                _own_label(lead.label, labels),
                lead.samples,
                lead.resolution_unit,
                lead.resolution,
                lead.offset,
                begin,
                fault,
            )
        )
    source = arrays.source_of(columns, rate or next(iter(rates), None))
    source.start = record.recording.date
    for reason, message in notes:
        source.warn(reason, message)
    return source


def _own_label(label: str, labels: Set[str]) -> str:
    """The label as the file has it: of a name that stands twice, ``ecgdatakit`` calls the second ``II_2``."""
    stem = re.sub(r"_\d+$", "", label)
    return stem if stem in labels else label
