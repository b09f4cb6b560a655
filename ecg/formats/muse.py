"""GE MUSE's export of a resting ECG in XML."""

from __future__ import annotations

from collections.abc import Sequence

from ecg.formats import kit
from ecg.formats.files import InputFile
from ecg.formats.source import Source


def read(files: Sequence[InputFile]) -> Source:
    """The rhythm of a document. MUSE stores eight leads; the other limb leads follow from I and II."""
    kit.check_xml(files[0])
    record, notes = kit.parse("ge_muse_xml", "GEMuseXMLParser", files[0])
    return kit.source_of(record, notes)
