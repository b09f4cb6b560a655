"""HL7 aECG documents (ANSI/HL7 V3 ECG, R1-2004)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ecg.formats import kit
from ecg.formats.files import InputFile
from ecg.formats.source import Source

#: Before the numbers by which digits become volts and seconds.
_NUMBER: Final = r"<(?:\w+:)?(?:scale|origin|increment)\b[^>]*?\bvalue\s*=\s*[\"']"


def read(files: Sequence[InputFile]) -> Source:
    """The first rhythm of a document; where it has more, that is said."""
    kit.check_xml(files[0])
    plain = kit.with_points(files[0], _NUMBER)
    record, notes = kit.parse("hl7_aecg", "HL7aECGParser", plain)
    if plain is not files[0]:
        notes.append(kit.DECIMAL_COMMAS)
    exact = record.raw_metadata.get("rhythm_time", {}).get("sampling_rate_exact")
    return kit.source_of(record, notes, _plain(exact) if exact else None)


def _plain(rate: float) -> float:
    """The rate of an increment as it was meant: 500, not 499.99999999999994."""
    return round(rate, 6)
