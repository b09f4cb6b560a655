"""Philips' resting ECGs in XML (PageWriter, TraceMasterVue, IntelliSpace; versions 1.03 to 1.04.02)."""

from __future__ import annotations

from collections.abc import Sequence

from ecg.formats import kit
from ecg.formats.files import InputFile
from ecg.formats.source import Source


def read(files: Sequence[InputFile]) -> Source:
    """The rhythm of a document."""
    kit.check_xml(files[0])
    record, notes = kit.parse("sierra_xml", "SierraXMLParser", files[0])
    return kit.source_of(record, notes)
