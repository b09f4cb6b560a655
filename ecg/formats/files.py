"""The files of one recording: by the names that their sender gave them, without any way to reach another file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ecg.formats import limits
from ecg.recording_errors import RecordingError

Content = bytes | bytearray | memoryview | Path


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: bytes in memory or a path."""

    name: str
    """As its sender called it, for finding and for messages; never opened."""
    content: Content

    @property
    def size(self) -> int:
        """Bytes."""
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    def open(self) -> BinaryIO:
        """A reader of its bytes."""
        return self.content.open("rb") if isinstance(self.content, Path) else io.BytesIO(self.content)

    def read(self, begin: int = 0, length: int = -1) -> bytes:
        """``length`` bytes from ``begin``, fewer at the end of the file."""
        with self.open() as file:
            file.seek(begin)
            return file.read(length)

    def document(self) -> bytes:
        """All of it, if it is not too large for that."""
        limits.check_document(self.size)
        return self.read()

    @property
    def folder(self) -> str:
        """All but the last part of its name."""
        return str(PurePosixPath(self.name.replace("\\", "/")).parent)

    @property
    def base_name(self) -> str:
        """The last part of its name."""
        return PurePosixPath(self.name.replace("\\", "/")).name


def files_of(contents: Mapping[str, Content]) -> list[InputFile]:
    """Files by name, within the limits.

    Raises:
        RecordingError: there are none, they are empty, too many or too large.
    """
    files = [InputFile(name, content) for name, content in contents.items()]
    if len(files) > limits.MAX_FILES:
        raise RecordingError("RECORDING_TOO_MANY_FILES", f"{len(files)} files; at most {limits.MAX_FILES} are read.")
    total = sum(file.size for file in files)
    if not total:
        raise RecordingError("RECORDING_EMPTY", "The file has no bytes.")
    if total > limits.MAX_BYTES:
        raise RecordingError(
            "RECORDING_TOO_LARGE", f"{total / 1024**3:.1f} GB; at most {limits.MAX_BYTES / 1024**3:.0f} GB are read."
        )
    return files
