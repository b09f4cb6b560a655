"""A real server with the committed model for recordings, its answer about a made recording, and rows that hold both."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings

from benchmarks.recordings.made import made
from ecg import store
from ecg.pictures.pages import overlay
from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.opening import read_picture
from ecg.recording import Gap, Recording
from inference_server.classification.page_messages import Digitized
from inference_server.classification.recordings import RecordingAnalysis as Answer
from inference_server.client import ArrhythmiaClient
from tests.ecg.pictures.pages import drawn
from tests.inference_server.server_process import ServerProcess, running_server
from tests.webportal.recordings.folders import folder_of
from webportal.accounts.models import User
from webportal.recordings import beats_file, models
from webportal.recordings.intake import receiving
from webportal.recordings.jobs import reading

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def recording_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server process that analyses recordings, by the model of the repository, and nothing else."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "arrhythmia-recording").symlink_to(ROOT / "models" / "arrhythmia-recording")
    with running_server(folder, recording_workers=1, workers=1) as process:
        process.wait_for("serving recordings")
        yield process


@pytest.fixture(scope="session")
def made_recording() -> Recording:
    """Five minutes of two leads at 360 Hz, some beats early and wide; the same whenever it is made."""
    return made(5 / 60, seed=1)


@pytest.fixture(scope="session")
def said(recording_server: ServerProcess, made_recording: Recording) -> Answer:
    """What the server says about :func:`made_recording`."""
    with ArrhythmiaClient(recording_server.address) as client:
        return client.analyze(made_recording, timeout=120)


@pytest.fixture
def portal_with_recordings(recording_server: ServerProcess, settings: Settings) -> ServerProcess:
    """The portal's inference server is the one that analyses recordings."""
    settings.INFERENCE_ADDRESS = recording_server.address
    return recording_server


@pytest.fixture
def keep_recording(media: Path, owner: User, made_recording: Recording) -> Callable[..., models.Recording]:
    """Keep a recording as one that was sent and read: ``keep_recording(recording, user=…, name=…)``."""

    def keep(recording: Recording = made_recording, *, user: User = owner, **fields: Any) -> models.Recording:
        row = models.Recording(owner=user, files=[{"name": "100.csv", "bytes": 7, "sha256": "0" * 64}], **fields)
        (folder_of(row) / "sent").mkdir(parents=True)
        (folder_of(row) / "sent/0").write_bytes(b"0.1,0.2")
        store.write(recording, folder_of(row) / "store", kind="CSV")
        return finished(row, recording)

    return keep


def finished(row: models.Recording, recording: Recording) -> models.Recording:
    """A row with the facts of a recording that was read."""
    row.state = models.Recording.State.READ
    row.finished_at = timezone.now()
    row.kind = "CSV"
    row.leads = list(recording.leads)
    row.rate, row.samples, row.seconds = recording.rate, recording.samples, recording.seconds
    row.start = recording.start.isoformat() if recording.start else ""
    gaps: tuple[Gap, ...] = recording.gaps
    row.gaps = len(gaps)
    row.lost_seconds = sum(gap.end - gap.begin for gap in gaps) / recording.rate
    row.warnings = [asdict(warning) for warning in recording.warnings]
    row.save(force_insert=True)
    return row


@pytest.fixture
def read_recording(keep_recording: Callable[..., models.Recording]) -> models.Recording:
    """The owner's :func:`made_recording`, read and not yet analysed."""
    return keep_recording()


@pytest.fixture
def keep_answer(said: Answer) -> Callable[..., models.RecordingAnalysis]:
    """Keep an answer about a recording: ``keep_answer(recording, answer)``."""

    def keep(recording: models.Recording, answer: Answer = said) -> models.RecordingAnalysis:
        row = models.RecordingAnalysis(id=uuid.uuid4(), recording=recording, owner=recording.owner)
        row.state = models.RecordingAnalysis.State.DONE
        row.finished_at = timezone.now()
        row.done_samples = recording.samples or 0
        row.model_name, row.model_version = answer.model.name, answer.model.version
        row.beats_file = f"{row.pk}.beats"
        row.beats = len(answer.beats)
        row.summary = beats_file.summary_of(answer)
        recording.stored.write(row.beats_file, beats_file.pack(answer))
        row.save(force_insert=True)
        return row

    return keep


@pytest.fixture
def analysed(
    keep_answer: Callable[..., models.RecordingAnalysis], read_recording: models.Recording
) -> models.RecordingAnalysis:
    """The owner's :func:`made_recording` with what the server said about it."""
    return keep_answer(read_recording)


def table_of(recording: Recording, *, rate: bool = True, unit: str = "mV", seconds: float = 40.0) -> bytes:
    """A recording's first seconds as CSV, in millivolts; without ``rate`` nothing tells how fast its samples came."""
    values = recording.read(0, round(seconds * recording.rate))
    head = ",".join(f"{lead} ({unit})" if unit else lead for lead in recording.leads)
    rows = [",".join(f"{value:.4f}" for value in column) for column in values.T]
    if rate:
        head = f"time (s),{head}"
        rows = [f"{place / recording.rate:.6f},{row}" for place, row in enumerate(rows)]
    return "\n".join([head, *rows, ""]).encode()


@pytest.fixture
def send(media: Path, owner: User) -> Callable[..., models.Recording]:
    """Send files as a recording, in pieces: ``send({"a.csv": b"…"}, user=…, name=…, piece=…)``."""

    def send_files(
        files: dict[str, bytes], *, user: User = owner, piece: int = 100_000, **fields: Any
    ) -> models.Recording:
        announced = [receiving.Announced(name, len(content)) for name, content in files.items()]
        row = receiving.announce(owner=user, recording_id=uuid.uuid4(), files=announced, **fields)
        for number, content in enumerate(files.values()):
            for begin in range(0, len(content), piece):
                receiving.receive(recording=row, number=number, offset=begin, piece=content[begin : begin + piece])
        row.refresh_from_db()
        return row

    return send_files


def picture_of(page: drawn.Page) -> bytes:
    """A drawn page as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(page.pixels()).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def strip_picture() -> bytes:
    """A strip of eight seconds of lead II, as PNG."""
    return picture_of(drawn.strip())


@pytest.fixture(scope="session")
def strip_found(strip_picture: bytes) -> Digitized:
    """What the server says about :func:`strip_picture`."""
    reading = read_picture(strip_picture)
    return Digitized(reading, overlay.png(reading))


@pytest.fixture
def unchecked(
    send: Callable[..., models.Recording], strip_picture: bytes, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch
) -> models.Recording:
    """The owner's :func:`strip_picture`, read and waiting for them to look at it."""
    row = send({"photo.png": strip_picture}, name="night")
    digitizing_server(monkeypatch, strip_found)
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    return row


class DigitizingServer:
    """In the place of a client: says one thing about every picture, and remembers what it was asked."""

    def __init__(self, said: Digitized | Exception, is_alive: bool = True) -> None:
        self.said, self.alive = said, is_alive
        self.asked: list[bytes] = []
        self.corrected: list[Corrections] = []

    def is_alive(self, timeout: float) -> bool:
        """Whether it is there."""
        return self.alive

    def digitize(self, image: bytes, *, corrections: Corrections = NOTHING, timeout: float) -> Digitized:
        """What it says."""
        self.asked.append(image)
        self.corrected.append(corrections)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def digitizing_server(
    monkeypatch: pytest.MonkeyPatch, said: Digitized | Exception, *, is_alive: bool = True
) -> DigitizingServer:
    """Let the portal ask such a server."""
    server = DigitizingServer(said, is_alive)
    for module in ("digitizing", "server"):
        monkeypatch.setattr(f"webportal.recordings.jobs.{module}.client", lambda: server)
    return server
