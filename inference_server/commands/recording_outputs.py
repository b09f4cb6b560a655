"""The files of a recording's result: names that collide with nothing, and never half of them."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ecg.pictures.pages.result import PageReading
from ecg.recording import Recording
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.annotations import annotation_file
from inference_server.exports.beat_table import beat_table
from inference_server.exports.document import document_file
from inference_server.exports.report_pictures import picture_lines
from inference_server.exports.wording import ENGLISH

SUFFIXES: Final = (".atr", ".beats.csv", ".json", ".pdf")


class OutputExists(Exception):  # noqa: N818 - reads as what happened
    """A file of that name is there already; it is never written over."""


def names_of(files: Sequence[Path]) -> list[str]:
    """A name for each recording: that of its file, of the letters that WFDB allows, with a number where it is taken."""
    taken: set[str] = set()
    names = []
    for file in files:
        plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode()
        name = first = re.sub(r"[^\w\-]+", "_", plain, flags=re.ASCII).strip("_")[:50] or "recording"
        number = 1
        while name.casefold() in taken:  # some file systems don't tell a from A
            number += 1
            name = f"{first}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def check_free(folder: Path, name: str, suffixes: Sequence[str] = SUFFIXES) -> None:
    """See that nothing would be written over, the recording itself least of all.

    Raises:
        OutputExists: something would.
    """
    there = [f"{name}{suffix}" for suffix in suffixes if (folder / f"{name}{suffix}").exists()]
    if there:
        raise OutputExists(f"{', '.join(there)} in {folder} would be written over; choose another folder.")


def write_outputs(
    folder: Path,
    name: str,
    analysis: RecordingAnalysis,
    recording: Recording,
    file: str,
    page: PageReading | None = None,
) -> None:
    """All files of a result, each under a name of its own until it is whole.

    Args:
        folder: Where; it exists.
        name: Of all files, before their suffixes.
        analysis: What is said.
        recording: What it is said of.
        file: What its file is called.
        page: What was read of the picture that the recording comes from; None where it comes from none.

    Raises:
        OutputExists: one of them has come to be there.
        OSError: the folder can't be written to.
    """
    from inference_server.exports.report import report  # needs a moment to load

    said_of_picture = () if page is None else tuple(picture_lines(page.calibration, ENGLISH))
    contents = (
        annotation_file(analysis),
        beat_table(analysis),
        document_file(analysis, file, recording.start),
        report(analysis, recording, file, picture=said_of_picture),
    )
    check_free(folder, name)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as private:
        whole = []
        for suffix, content in zip(SUFFIXES, contents, strict=True):
            whole.append((Path(private) / f"{name}{suffix}", folder / f"{name}{suffix}"))
            whole[-1][0].write_bytes(content)
        for source, target in whole:
            os.replace(source, target)
