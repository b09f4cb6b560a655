"""What is written of a digitised picture: a WFDB record, and the picture with what was read upon it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from ecg.formats import wfdb_writer
from ecg.pictures.pages.recording import recording_of
from inference_server.classification.page_messages import Digitized
from inference_server.commands.recording_outputs import check_free

SUFFIXES: Final = (".hea", ".dat", ".overlay.png")


def write_page(folder: Path, name: str, digitized: Digitized, overlay: bytes) -> None:
    """All files of a picture, each under its name once it is whole.

    Args:
        folder: Where; it exists.
        name: Of the record: the picture's, in letters that WFDB allows.
        digitized: What was read.
        overlay: The picture with it, a PNG file.

    Raises:
        OutputExists: one of them is there already; nothing is written over.
        OSError: the folder can't be written to.
    """
    check_free(folder, name, SUFFIXES)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as private:
        wfdb_writer.write(recording_of(digitized.reading), Path(private), name)
        (Path(private) / f"{name}.overlay.png").write_bytes(overlay)
        for suffix in SUFFIXES:
            os.replace(Path(private) / f"{name}{suffix}", folder / f"{name}{suffix}")
