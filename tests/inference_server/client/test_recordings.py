"""Recordings through the client, against real servers and one that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from ecg.recording import ArraySignal, Gap, Recording, RecordingWarning
from ecg.rhythm.settings import RhythmSettings
from inference_server.classification.recording_messages import Answers
from inference_server.client import (
    ArrhythmiaClient,
    AsyncArrhythmiaClient,
    CallFailed,
    RecordingRefused,
    ServerUnavailable,
)
from inference_server.client import recordings as sending
from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.generated.ecg.v1 import recording_pb2_grpc
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.analysis import analyse
from tests.inference_server.recordings_of_tests import differences, recording
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model
from tests.inference_server.tiny_recording_models import write_recording_model


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("both")
    write_model(folder)
    write_recording_model(folder)
    return folder


@pytest.fixture(scope="module")
def server_of_recordings(repository: Path) -> Iterator[ServerProcess]:
    with running_server(repository, recording_workers=1, workers=1) as process:
        process.wait_for("serving recordings")
        yield process


@pytest.fixture(scope="module")
def model(repository: Path) -> RecordingModel:
    return RecordingModel.load(repository / "arrhythmia-recording" / "1")


def test_analysis_progress_settings_and_warnings(server_of_recordings: ServerProcess, model: RecordingModel) -> None:
    made = recording(40)
    warnings = (RecordingWarning("RECORDING_LEAD_FLAT", "Flat.", "V1"),)
    whole = Recording(
        made.leads, made.rate, ArraySignal(made.read()), datetime(2026, 1, 2), (Gap(0, 1),), warnings=warnings
    )
    settings = RhythmSettings(tachycardia_rate=61.5, pauses_seconds=(1.5, 3.5))
    fractions: list[float] = []
    with ArrhythmiaClient(server_of_recordings.address) as client:
        result = client.analyze(whole, model_version="1", settings=settings, progress=fractions.append, timeout=120)
    assert fractions == [1]
    assert result.warnings == warnings
    assert not differences(result, analyse(whole, model, settings=settings))


@pytest.mark.asyncio
async def test_the_asynchronous_client_says_the_same(
    server_of_recordings: ServerProcess, model: RecordingModel
) -> None:
    async with AsyncArrhythmiaClient(server_of_recordings.address) as client:
        assert not differences(await client.analyze(recording(40)), analyse(recording(40), model))
        with pytest.raises(RecordingRefused) as caught:
            await client.analyze(recording(5, leads=tuple(f"E{number}" for number in range(13))))
    assert caught.value.reason == "RECORDING_TOO_MANY_LEADS"


def test_what_is_refused_is_not_sent_again(server_of_recordings: ServerProcess, models: Path) -> None:
    with ArrhythmiaClient(server_of_recordings.address) as client:
        with pytest.raises(RecordingRefused) as caught:
            client.analyze(recording(5, rate=90))
        assert caught.value.reason == "RECORDING_RATE_INVALID"
        with pytest.raises(CallFailed):
            client.analyze(recording(5), model_version="9")
    with running_server(models, workers=1) as process, ArrhythmiaClient(process.address) as client:
        process.wait_for("serving")
        begun = time.monotonic()
        with pytest.raises(CallFailed) as missing:
            client.analyze(recording(5))
        assert missing.value.reason == "MODEL_NOT_FOUND"
        assert time.monotonic() - begun < 4


class Failing(recording_pb2_grpc.RecordingServiceServicer):
    """A server that is unavailable so often, and then says what it is told."""

    def __init__(self, failures: int, then: list[pb.AnalyzeRecordingResponse]) -> None:
        self.failures, self.then, self.calls = failures, then, 0

    def AnalyzeRecording(self, requests: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        self.calls += 1
        list(requests)
        if self.calls <= self.failures:
            yield pb.AnalyzeRecordingResponse(accepted=pb.RecordingAccepted())
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        yield from self.then


@contextmanager
def failing(servicer: recording_pb2_grpc.RecordingServiceServicer) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    recording_pb2_grpc.add_RecordingServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_a_call_that_breaks_is_made_again_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(sending, "_MOST_PAUSE_SECONDS", 0.01)
    servicer = Failing(100, [])
    with failing(servicer) as address, ArrhythmiaClient(address) as client:
        with pytest.raises(ServerUnavailable):
            client.analyze(recording(5))
        assert servicer.calls == sending.ATTEMPTS
        servicer.calls = 0
        with pytest.raises(ServerUnavailable):
            client.analyze(recording(5), timeout=0.0)
        assert servicer.calls <= 1


def test_what_was_stored_is_not_done_again_by_another_client(repository: Path, model: RecordingModel) -> None:
    whole = recording(3 * 3600, rate=100, leads=("II",))
    stored: dict[int, bytes] = {}

    class Ended(Exception):  # noqa: N818 - as a program ends
        pass

    def store(place: int, part: bytes) -> None:
        stored[place] = part
        if place == 1:
            raise Ended

    with running_server(repository, recording_workers=2, workers=1) as process:
        process.wait_for("serving recordings")
        with ArrhythmiaClient(process.address) as client, pytest.raises(Ended):
            client.analyze(whole, store=store)
    assert list(stored) == [0, 1]
    with running_server(repository, recording_workers=1, workers=1) as process:
        process.wait_for("serving recordings")
        fractions: list[float] = []
        more: list[int] = []
        with ArrhythmiaClient(process.address) as client:
            result = client.analyze(
                whole,
                resume=list(stored.values()),
                store=lambda place, _part: more.append(place),
                progress=fractions.append,
                timeout=120,
            )
    assert more[0] == 2
    assert fractions[0] > 2 / (3 + len(more))
    assert not differences(result, analyse(whole, model))


def test_what_no_server_knows_any_more_begins_anew(
    server_of_recordings: ServerProcess, model: RecordingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[bytes] = []
    with ArrhythmiaClient(server_of_recordings.address) as client:
        client.analyze(recording(40), store=lambda _place, part: parts.append(part))
        places: list[int] = []
        other = recording(50)
        result = client.analyze(other, resume=parts, store=lambda place, _part: places.append(place), timeout=60)
    assert places == [0]
    assert not differences(result, analyse(other, model))


@pytest.mark.parametrize("damage", [lambda part: part[:-1], lambda part: b"", lambda part: b"\x01" + part])
def test_what_is_damaged_is_not_taken_for_something_stored(
    server_of_recordings: ServerProcess, damage: Callable[[bytes], bytes]
) -> None:
    parts: list[bytes] = []
    with ArrhythmiaClient(server_of_recordings.address) as client:
        client.analyze(recording(40), store=lambda _place, part: parts.append(part))
        with pytest.raises(ValueError, match="stored"):
            client.analyze(recording(40), resume=[damage(part) for part in parts])


class ComesAndGoes(recording_pb2_grpc.RecordingServiceServicer):
    """A server that is lost again and again, but answers one checkpoint each time."""

    def __init__(self, segments: int) -> None:
        self.left = segments
        self.places: list[int] = []

    def AnalyzeRecording(self, requests: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        self.places.append(sum(request.HasField("checkpoint") for request in requests))
        yield pb.AnalyzeRecordingResponse(accepted=pb.RecordingAccepted())
        self.left -= 1
        if self.left:
            yield pb.AnalyzeRecordingResponse(checkpoint=pb.RecordingCheckpoint(next_sample=1))
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        yield pb.AnalyzeRecordingResponse(summary=pb.RecordingSummary())


def test_as_long_as_there_is_progress_a_recording_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PAUSE_SECONDS", 0.01)
    times = 2 * sending.ATTEMPTS
    servicer = ComesAndGoes(times)
    with failing(servicer) as address, ArrhythmiaClient(address) as client:
        client.analyze(recording(5), timeout=60)
    assert servicer.places == list(range(times))


def test_an_analysis_that_ends_without_a_summary_is_no_analysis() -> None:
    wrong = pb.AnalyzeRecordingResponse(summary=pb.RecordingSummary(beats=5))
    for answers in ([], [wrong]):
        with failing(Failing(0, answers)) as address, ArrhythmiaClient(address) as client, pytest.raises(CallFailed):
            client.analyze(recording(5))


def test_a_summary_that_counts_other_beats_than_came_is_refused() -> None:
    with pytest.raises(ValueError, match="5 beats were found, and 0 came"):
        Answers(360).add(pb.AnalyzeRecordingResponse(summary=pb.RecordingSummary(beats=5)))


def test_where_nothing_was_recorded_nothing_is_sent() -> None:
    values = np.zeros((2, 200_000), np.float32)
    values[:, 40_000:150_000] = np.nan
    whole = Recording.of_array(values, leads=("II", "V1"), rate=360)
    header, *blocks = sending.requests(whole, None, None)
    assert header.header.samples == 200_000
    assert sum(len(block.block.values) for block in blocks) < 8 * 160_000
    assert all(len(block.block.values) <= 256 * 1024 for block in blocks)
    assert blocks[-1].block.first_sample == 200_000
