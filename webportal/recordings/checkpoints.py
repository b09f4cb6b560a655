"""How far an analysis has come, in files beside the recording: who goes on with it repeats one segment at most."""

from __future__ import annotations

from typing import Final

from inference_server.client.recordings import responses_of

from webportal.recordings.models import RecordingAnalysis

_NAME: Final = "{:06d}"


class Checkpoints:
    """What was answered between the checkpoints of one analysis: a file each, there when it is whole."""

    def __init__(self, analysis: RecordingAnalysis) -> None:
        self.name = f"{analysis.pk}.parts"
        """Of their folder, in the recording's."""
        self._stored = analysis.recording.stored

    def parts(self) -> list[bytes]:
        """What was stored, in order, as far as it is what was written."""
        whole: list[bytes] = []
        while True:
            try:
                part = self._stored.read(self._name(len(whole)))
                responses_of(part)
            except (FileNotFoundError, ValueError):
                return whole
            whole.append(part)

    def store(self, place: int, part: bytes) -> None:
        """Store the next part, see :data:`inference_server.client.recordings.Store`.

        Raises:
            OSError: the disk is full, or fails otherwise.
        """
        if place == 0:
            self.forget()
        self._stored.write(self._name(place), part)

    def forget(self) -> None:
        """Delete all of them."""
        self._stored.delete_all(self.name)

    def _name(self, place: int) -> str:
        return f"{self.name}/{_NAME.format(place)}"
