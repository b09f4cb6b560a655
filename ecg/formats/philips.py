"""Philips' resting ECGs in XML (PageWriter, TraceMasterVue, IntelliSpace; versions 1.03 to 1.04.02)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ecg.formats import kit
from ecg.formats.files import InputFile
from ecg.formats.sniffing import decoded
from ecg.formats.source import Source

#: Before the microvolts of a count.
_NUMBER: Final = r"\bresolution\s*=\s*[\"']|<(?:\w+:)?(?:signal)?resolution>"


def read(files: Sequence[InputFile]) -> Source:
    """The rhythm of a document."""
    kit.check_xml(files[0])
    plain = kit.with_points(files[0], _NUMBER)
    record, notes = kit.parse("sierra_xml", "SierraXMLParser", plain)
    if plain is not files[0]:
        notes.append(kit.DECIMAL_COMMAS)
    stated = re.search(r"\bnumberofleads\s*=\s*[\"'](\d{1,4})[\"']", decoded(files[0].document()) or "")
    if stated and int(stated[1]) > len(record.leads):
        message = f"The document announces {stated[1]} leads and names {len(record.leads)}; the others were not read."
        notes.append(("RECORDING_CHANNELS_LEFT_OUT", message))
    return kit.source_of(record, notes)
