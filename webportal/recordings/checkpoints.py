"""How far an analysis has come, in files beside the recording: who goes on with it repeats one segment at most."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from inference_server.client.recordings import responses_of

from webportal.recordings.models import RecordingAnalysis

_NAME: Final = "{:06d}"


class Checkpoints:
    """What was answered between the checkpoints of one analysis: a file each, there when it is whole."""

    def __init__(self, analysis: RecordingAnalysis) -> None:
        self.name = f"{analysis.pk}.parts"
        """Of their folder, in the recording's."""
        self._folder = analysis.recording.path / self.name

    def parts(self) -> list[bytes]:
        """What was stored, in order, as far as it is what was written."""
        whole: list[bytes] = []
        while (path := self._path(len(whole))).exists():
            part = path.read_bytes()
            try:
                responses_of(part)
            except ValueError:
                break
            whole.append(part)
        return whole

    def store(self, place: int, part: bytes) -> None:
        """Store the next part, see :data:`inference_server.client.recordings.Store`.

        Raises:
            OSError: the disk is full, or fails otherwise.
        """
        if place == 0:
            self.forget()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = self._folder / ".part"
        with unfinished.open("wb") as file:
            file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, self._path(place))

    def forget(self) -> None:
        """Delete all of them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, place: int) -> Path:
        return self._folder / _NAME.format(place)
