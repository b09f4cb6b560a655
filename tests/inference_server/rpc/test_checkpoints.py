"""Analyses that go on after the checkpoints of a call that failed, with a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from ecg.recording import Recording
from inference_server.client.recordings import requests
from inference_server.generated.ecg.v1 import recording_pb2 as pb
from tests.inference_server.recordings_of_tests import recording
from tests.inference_server.rpc.calling import metric
from tests.inference_server.rpc.recording_calls import analyze, refusal
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model
from tests.inference_server.tiny_recording_models import write_recording_model


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("both")
    write_model(folder)
    write_recording_model(folder)
    with running_server(folder, metrics_listen="127.0.0.1:0", max_caller_recordings=8, message_seconds=120) as process:
        process.wait_for("serving recordings")
        yield process


@pytest.fixture
def channel(both: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(both.address) as channel:
        yield channel


@pytest.fixture(scope="module")
def long() -> Recording:
    """Several segments."""
    return recording(3 * 3600, rate=100, leads=("II", "V1"))


@pytest.fixture(scope="module")
def sent(long: Recording) -> list[pb.AnalyzeRecordingRequest]:
    return list(requests(long, None, None))


@pytest.fixture(scope="module")
def answered(both: ServerProcess, sent: list[pb.AnalyzeRecordingRequest]) -> list[pb.AnalyzeRecordingResponse]:
    with grpc.insecure_channel(both.address) as channel:
        return list(analyze(channel, iter(sent)))


def checkpoints_of(answered: list[pb.AnalyzeRecordingResponse]) -> list[pb.RecordingCheckpoint]:
    return [one.checkpoint for one in answered if one.HasField("checkpoint")]


@pytest.mark.parametrize("done", [1, 2, None], ids=["one segment", "two", "all"])
def test_a_call_goes_on_after_the_checkpoints_of_another_and_answers_only_the_rest(
    both: ServerProcess,
    channel: grpc.Channel,
    sent: list[pb.AnalyzeRecordingRequest],
    answered: list[pb.AnalyzeRecordingResponse],
    done: int | None,
) -> None:
    kept = checkpoints_of(answered)[:done]
    before = metric(both, "beatlens_recording_segments_total")
    later = [one for one in sent[1:] if one.block.first_sample + len(one.block.values) // 8 >= kept[-1].next_sample]
    resumed = list(
        analyze(channel, iter([sent[0], *(pb.AnalyzeRecordingRequest(checkpoint=one) for one in kept), *later]))
    )
    place = answered.index(pb.AnalyzeRecordingResponse(checkpoint=kept[-1]))
    assert resumed == [answered[0], *answered[place + 1 :]]
    left = len(checkpoints_of(answered)) - len(kept)
    assert metric(both, "beatlens_recording_segments_total") - before == left


def test_without_being_asked_for_no_checkpoint_is_answered(channel: grpc.Channel) -> None:
    messages = list(requests(recording(20), None, None))
    messages[0].header.checkpoints = False
    assert not checkpoints_of(list(analyze(channel, iter(messages))))


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: [kept[1]],
        lambda kept: [kept[0], kept[0]],
        lambda kept: [pb.RecordingCheckpoint(segment=1, state=kept[0].state)],
        lambda kept: [pb.RecordingCheckpoint(state=kept[0].state[:-1])],
        lambda kept: [pb.RecordingCheckpoint(state=kept[0].state + b"0")],
        lambda kept: [pb.RecordingCheckpoint(state=kept[0].state[:32])],
        lambda kept: [pb.RecordingCheckpoint(state=kept[0].state[:32] + bytes(len(kept[0].state) - 32))],
        lambda kept: [pb.RecordingCheckpoint(state=kept[0].state[:32] + kept[1].state[32:])],
        lambda kept: [pb.RecordingCheckpoint(state=kept[0].state.replace(b"[", b"[1e9,", 1))],
        lambda kept: [*kept, kept[-1]],
    ],
    ids=[
        "later one",
        "twice",
        "other place",
        "cut off",
        "more",
        "nothing",
        "zeros",
        "of another segment",
        "shape",
        "too many",
    ],
)
def test_a_checkpoint_that_is_not_the_next_one_is_refused(
    channel: grpc.Channel,
    sent: list[pb.AnalyzeRecordingRequest],
    answered: list[pb.AnalyzeRecordingResponse],
    change: Callable[[list[pb.RecordingCheckpoint]], list[pb.RecordingCheckpoint]],
) -> None:
    wrong = [pb.AnalyzeRecordingRequest(checkpoint=one) for one in change(checkpoints_of(answered))]
    expected = ("RECORDING_CHECKPOINT_INVALID", "checkpoint", grpc.StatusCode.INVALID_ARGUMENT)
    assert refusal(channel, [sent[0], *wrong]) == expected


def test_a_checkpoint_of_another_recording_is_refused(
    channel: grpc.Channel, answered: list[pb.AnalyzeRecordingResponse]
) -> None:
    other = next(iter(requests(recording(3 * 3600, rate=100, leads=("II", "V2")), None, None)))
    messages = [other, pb.AnalyzeRecordingRequest(checkpoint=checkpoints_of(answered)[0])]
    assert refusal(channel, messages)[0] == "RECORDING_CHECKPOINT_INVALID"
