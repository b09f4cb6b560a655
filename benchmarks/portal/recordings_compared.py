"""What became of recordings that were sent, by the portal's rows and files and by the inference server itself."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.recordings.made import same
from ecg.formats import import_recording

if TYPE_CHECKING:
    from inference_server.classification.recordings import RecordingAnalysis as Answer
    from inference_server.client import ArrhythmiaClient
    from webportal.recordings.models import Recording


@dataclass(frozen=True, slots=True)
class Compared:
    """How many recordings had which end."""

    first_attempts: int
    lost: int
    doubled: int
    wrong: int
    without_row: int


def compare(taken: Mapping[uuid.UUID, int], contents: Sequence[bytes], address: str) -> Compared:
    """Compare what was taken, by the id of its row and the place of its content, with rows, files and the server."""
    from inference_server.client import ArrhythmiaClient
    from webportal.recordings import beats_file
    from webportal.recordings.models import Recording, RecordingAnalysis

    with ArrhythmiaClient(address) as client:
        right = [_said(client, content) for content in contents]
    first = lost = doubled = wrong = 0
    for pk, kind in taken.items():
        analyses = list(RecordingAnalysis.objects.filter(recording=pk).select_related("recording"))
        done = [analysis for analysis in analyses if analysis.state == RecordingAnalysis.State.DONE]
        doubled += len(analyses) > 1
        if not done:
            lost += 1
            continue
        first += done[0].attempts == done[0].recording.attempts == 1
        answer = beats_file.unpack(done[0].recording.stored.read(done[0].beats_file))
        wrong += not same(answer.analysis.beats, right[kind].beats)
    doubled += max(0, Recording.objects.count() - len(taken))
    return Compared(first, lost, doubled, wrong, _without_row())


def _said(client: ArrhythmiaClient, content: bytes) -> Answer:
    """What the server says of a recording when it is asked directly."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "0"
        path.write_bytes(content)
        stored = import_recording({"record.zip": path}, Path(folder) / "store")
        return client.analyze(stored.recording, timeout=600)


def _without_row() -> int:
    """Folders of recordings that no row names, and files in the others that none of their rows do."""
    from django.core.files.storage import default_storage

    from webportal.recordings.models import Recording
    from webportal.recordings.models.recordings import ROOT

    root = Path(default_storage.path(ROOT))
    recordings = Recording.objects.prefetch_related("analyses")
    known = {Path(default_storage.path(recording.folder)): recording for recording in recordings}
    folders = [path for path in root.glob("*/*") if path.is_dir()]
    return sum(_unnamed_in(known[path]) if path in known else 1 for path in folders)


def _unnamed_in(recording: Recording) -> int:
    named = {*recording.sent_names, *(analysis.beats_file for analysis in recording.analyses.all())}
    named |= {f"store/{name}" for name in ("recording.json", "signal.bin", "pyramid.bin", "annotations.json")}
    return sum(name not in named for name in recording.stored.names())
