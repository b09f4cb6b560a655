"""Recordings over the wire, with a real server: what is answered is what one process says, to the last bit."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ecg.recording import Recording
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.client import ArrhythmiaClient
from inference_server.client.recordings import requests
from inference_server.generated.ecg.v1 import arrhythmia_pb2, recording_pb2_grpc
from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.analysis import analyse
from tests.inference_server.pictures import picture
from tests.inference_server.recordings_of_tests import differences, recording, with_gap
from tests.inference_server.rpc.calling import NOT_SERVING, SERVING, classify, details, metric, stub
from tests.inference_server.rpc.recording_calls import analyze, refusal
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model
from tests.inference_server.tiny_recording_models import write_recording_model

SERVICE = "ecg.v1.RecordingService"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a model for pictures and one for recordings."""
    folder = tmp_path_factory.mktemp("both")
    write_model(folder)
    write_recording_model(folder)
    return folder


@pytest.fixture(scope="module")
def both(repository: Path) -> Iterator[ServerProcess]:
    with running_server(
        repository, metrics_listen="127.0.0.1:0", max_caller_recordings=8, message_seconds=120
    ) as process:
        process.wait_for("serving recordings")
        yield process


@pytest.fixture(scope="module")
def model(repository: Path) -> RecordingModel:
    return RecordingModel.load(repository / "arrhythmia-recording" / "1")


@pytest.fixture
def channel(both: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(both.address) as channel:
        yield channel


def served(server: ServerProcess, whole: Recording) -> RecordingAnalysis:
    with ArrhythmiaClient(server.address) as client:
        return client.analyze(whole, timeout=120)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    "whole",
    [
        recording(150),
        recording(90, rate=100, leads=("V5", "II", "aVF")),
        recording(40, rate=2000, leads=("I",)),
        recording(60, rate=500, leads=tuple(f"E{number}" for number in range(12, 0, -1))),
        with_gap(recording(900, rate=250), 200, 500),
        with_gap(recording(120), 20, 50, slice(1)),
        with_gap(recording(120), 60, 120),
        recording(1.5),
        Recording.of_array(np.full((2, 9000), np.nan), leads=("II", "V1"), rate=128),
    ],
    ids=[
        "two leads",
        "three at 100 Hz",
        "2000 Hz",
        "twelve",
        "gap",
        "gap in one",
        "gap at the end",
        "short",
        "nothing",
    ],
)
def test_what_is_served_is_what_one_process_says(both: ServerProcess, model: RecordingModel, whole: Recording) -> None:
    assert not differences(served(both, whole), analyse(whole, model))


def test_answers_come_while_the_recording_is_still_being_sent(channel: grpc.Channel) -> None:
    whole = recording(2.5 * 3600, rate=100, leads=("II",))
    more: queue.Queue[pb.AnalyzeRecordingRequest | None] = queue.Queue()
    responses = analyze(channel, iter(more.get, None))
    messages = list(requests(whole, None, None))
    more.put(messages[0])
    assert next(responses).accepted.model.version == "1"
    for message in messages[1 : len(messages) * 3 // 4]:
        more.put(message)
    kinds = [next(responses).WhichOneof("part") for _ in range(3)]
    assert kinds == ["quality", "beats", "beats"]
    for message in messages[len(messages) * 3 // 4 :]:
        more.put(message)
    more.put(None)
    rest = list(responses)
    assert rest[-1].WhichOneof("part") == "summary"
    assert all(len(response.beats.samples) <= 1024 for response in rest)
    assert [one.progress.samples for one in rest if one.HasField("progress")][-1] == whole.samples


def header(**fields: Any) -> pb.AnalyzeRecordingRequest:
    known: dict[str, Any] = {
        "rate": 360,
        "leads": [pb.RecordingLead(name="II")],
        "encoding": pb.SAMPLE_ENCODING_INT16,
        "samples": 360,
    }
    return pb.AnalyzeRecordingRequest(header=pb.RecordingHeader(**known | fields))


def checkpoint(**fields: Any) -> pb.AnalyzeRecordingRequest:
    return pb.AnalyzeRecordingRequest(checkpoint=pb.RecordingCheckpoint(**fields))


def block(values: bytes, first: int = 0) -> pb.AnalyzeRecordingRequest:
    return pb.AnalyzeRecordingRequest(block=pb.SampleBlock(first_sample=first, values=values))


@pytest.mark.parametrize(
    ("messages", "reason", "field"),
    [
        ([], "RECORDING_HEADER_MISSING", "header"),
        ([block(bytes(2))], "RECORDING_HEADER_MISSING", "header"),
        ([header(), header()], "RECORDING_BLOCK_MISSING", "block"),
        ([header(rate=99)], "RECORDING_RATE_INVALID", "header.rate"),
        ([header(rate=2001)], "RECORDING_RATE_INVALID", "header.rate"),
        ([header(rate=float("nan"))], "RECORDING_RATE_INVALID", "header.rate"),
        ([header(leads=[])], "RECORDING_NO_ECG", "header.leads"),
        (
            [header(leads=[pb.RecordingLead(name=f"{n}") for n in range(13)])],
            "RECORDING_TOO_MANY_LEADS",
            "header.leads",
        ),
        ([header(leads=[pb.RecordingLead(name="II")] * 2)], "RECORDING_LEAD_INVALID", "header.leads[1].name"),
        (
            [header(leads=[pb.RecordingLead(name="II", millivolts_per_unit=0)])],
            "RECORDING_SCALE_INVALID",
            "header.leads[0].millivolts_per_unit",
        ),
        ([header(encoding=0)], "RECORDING_ENCODING_UNKNOWN", "header.encoding"),
        ([header(samples=0)], "RECORDING_EMPTY", "header.samples"),
        ([header(samples=360 * 14 * 86_400 + 1)], "RECORDING_TOO_LONG", "header.samples"),
        ([header(settings={"run_beats": 0})], "RECORDING_SETTINGS_INVALID", "header.settings.run_beats"),
        ([header(), checkpoint()], "RECORDING_CHECKPOINT_INVALID", "checkpoint"),
        ([header(), checkpoint(state=bytes(3 * 2**20))], "RECORDING_CHECKPOINT_INVALID", "checkpoint"),
        ([header(), block(bytes(2)), checkpoint()], "RECORDING_BLOCK_MISSING", "block"),
        ([header(), block(bytes(2**18 + 2))], "RECORDING_BLOCK_TOO_LARGE", "block.values"),
        ([header(), block(bytes(700))], "RECORDING_INCOMPLETE", "header.samples"),
        ([header(), block(bytes(722))], "RECORDING_TOO_LONG", "header.samples"),
    ],
)
def test_what_can_not_be_is_refused_with_a_reason_and_the_field(
    channel: grpc.Channel, messages: list[pb.AnalyzeRecordingRequest], reason: str, field: str
) -> None:
    assert refusal(channel, messages) == (reason, field, grpc.StatusCode.INVALID_ARGUMENT)


def test_both_models_are_described(both: ServerProcess, channel: grpc.Channel) -> None:
    listed = stub(channel).ListModels(arrhythmia_pb2.ListModelsRequest())
    assert [one.name for one in listed.models] == ["arrhythmia"]
    assert [one.name for one in listed.recording_models] == ["arrhythmia-recording"]
    assert (listed.default_version, listed.default_recording_version) == ("1", "1")
    for name in ("", "arrhythmia", "arrhythmia-recording"):
        found = stub(channel).GetModel(arrhythmia_pb2.GetModelRequest(name=name, version="1")).model
        assert found.name == (name or "arrhythmia")
    with pytest.raises(grpc.RpcError) as caught:
        stub(channel).GetModel(arrhythmia_pb2.GetModelRequest(name="moods"))
    assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "MODEL_NOT_FOUND"
    with pytest.raises(grpc.RpcError) as caught:
        list(analyze(channel, iter([header(model_version="9")])))
    assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "MODEL_NOT_FOUND"
    assert metric(both, "beatlens_model_in_service") == 2


def test_a_server_without_a_model_for_recordings_says_so_and_classifies_pictures(tmp_path: Path, models: Path) -> None:
    with running_server(models, reload_seconds=0.2) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        health = health_pb2_grpc.HealthStub(channel)
        check = health_pb2.HealthCheckRequest(service=SERVICE)
        assert health.Check(check).status == NOT_SERVING
        with pytest.raises(grpc.RpcError) as caught:
            list(analyze(channel, iter([header()])))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "MODEL_NOT_FOUND"
        assert classify(channel, picture(3)).classification.beat_class.short_name == "PAC"
        assert not recording_workers(process)


def test_a_model_that_comes_later_is_served_and_a_new_version_takes_over(tmp_path: Path) -> None:
    write_model(tmp_path)
    with running_server(tmp_path, reload_seconds=0.2, recording_workers=1) as process:
        process.wait_for("serving")
        write_recording_model(tmp_path)
        process.wait_for("serving recordings")
        with grpc.insecure_channel(process.address) as channel:
            check = health_pb2.HealthCheckRequest(service=SERVICE)
            assert health_pb2_grpc.HealthStub(channel).Check(check).status == SERVING
        assert served(process, recording(20)).model.version == "1"
        write_recording_model(tmp_path, version="2")
        until(lambda: served(process, recording(20)).model.version == "2")


def test_a_caller_who_leaves_costs_no_more_work(both: ServerProcess, channel: grpc.Channel) -> None:
    call = analyze(channel, requests(recording(3600, rate=100), None, None))
    next(call)
    call.cancel()
    until(lambda: metric(both, "beatlens_recordings") == 0)
    until(lambda: metric(both, "beatlens_recording_worker_segments") == 0)
    assert metric(both, "beatlens_recording_bytes") == 0


def test_a_deadline_ends_the_call(both: ServerProcess, channel: grpc.Channel) -> None:
    forever: queue.Queue[pb.AnalyzeRecordingRequest | None] = queue.Queue()
    forever.put(header())
    call = recording_pb2_grpc.RecordingServiceStub(channel).AnalyzeRecording(iter(forever.get, None), timeout=1)
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    forever.put(None)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    until(lambda: metric(both, "beatlens_recordings") == 0)


def test_a_sender_who_pauses_too_long_is_refused_and_one_who_is_slow_is_not(
    repository: Path, model: RecordingModel
) -> None:
    with running_server(repository, message_seconds=1.5, recording_workers=1) as process:
        process.wait_for("serving recordings")
        whole = recording(8)

        def slowly() -> Iterator[pb.AnalyzeRecordingRequest]:
            head, *_ = requests(whole, None, None)
            yield head
            frames = np.ascontiguousarray(whole.read().T)
            for first in range(0, whole.samples, 720):
                time.sleep(0.5)
                yield block(frames[first : first + 720].tobytes(), first)

        with grpc.insecure_channel(process.address) as channel:
            answers = list(analyze(channel, slowly()))
            found = [sample for answer in answers for sample in answer.beats.samples]
            assert found == analyse(whole, model).beats.samples.tolist()
            silent = threading.Event()
            with pytest.raises(grpc.RpcError) as caught:
                list(analyze(channel, (silent.wait(5) or header() for _ in range(1))))  # type: ignore[misc]
            silent.set()
            assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "MESSAGE_TOO_SLOW"


def test_more_recordings_at_once_than_the_server_takes_are_refused_with_a_hint(repository: Path) -> None:
    with running_server(repository, max_recordings=3, max_caller_recordings=2, recording_workers=1) as process:
        process.wait_for("serving recordings")
        with grpc.insecure_channel(process.address) as channel:
            ends = [queue.Queue[Any]() for _ in range(2)]
            calls = [analyze(channel, iter(end.get, None)) for end in ends]
            for end, call in zip(ends, calls, strict=True):
                end.put(header())
                next(call)
            with pytest.raises(grpc.RpcError) as caught:
                list(analyze(channel, iter([header()])))
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "TOO_MANY_RECORDINGS"
            assert details(caught.value, error_details_pb2.RetryInfo()).retry_delay.seconds == 5
            for end in ends:
                end.put(None)


def test_workers_that_are_killed_cost_repeats_and_no_beat(repository: Path, model: RecordingModel) -> None:
    whole = recording(5400, rate=100, leads=("II",))
    right = analyse(whole, model)
    with (
        running_server(repository, metrics_listen="127.0.0.1:0", recording_workers=2, workers=1) as process,
        ThreadPoolExecutor() as threads,
    ):
        process.wait_for("serving recordings")
        asked = threads.submit(served, process, whole)
        until(lambda: metric(process, "beatlens_recording_bytes") > 1_000_000)  # a segment, and no plan
        victims = recording_workers(process)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        result = asked.result(timeout=120)  # repeated by the front, or by the queue where a worker had not begun
        until(lambda: metric(process, "beatlens_recording_workers_lost") >= len(victims))
    assert not differences(result, right)


def recording_workers(process: ServerProcess) -> list[int]:
    """Those of its workers that step back behind the others."""
    return [
        pid
        for pid in process.workers()
        if os.getpriority(os.PRIO_PROCESS, pid) >= os.getpriority(os.PRIO_PROCESS, 0) + 10
    ]


def test_recordings_and_pictures_at_once_each_get_what_they_get_alone(
    both: ServerProcess, model: RecordingModel
) -> None:
    recordings = [recording(200 + 10 * number, rate=200, seed=number) for number in range(3)]
    with ThreadPoolExecutor(8) as threads, ArrhythmiaClient(both.address, timeout=60) as client:
        analyses = [threads.submit(served, both, whole) for whole in recordings]
        pictures = [threads.submit(client.classify, picture(number % 7)) for number in range(60)]
        shorts = [answer.result().beat_class.short for answer in pictures]
        results = [answer.result() for answer in analyses]
    assert shorts[:7] == ["NORMAL", "LBBB", "RBBB", "PAC", "PVC", "VF", "PACED"]
    for whole, result in zip(recordings, results, strict=True):
        assert not differences(result, analyse(whole, model))
