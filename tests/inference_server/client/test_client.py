from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

import pytest
from PIL import Image

from inference_server.classification import Classification, ConfidentAnswers, LeadKnowledge, SaliencyMap, Verdict
from inference_server.client import (
    ArrhythmiaClient,
    AsyncArrhythmiaClient,
    CallFailed,
    ClientError,
    ImageRefused,
    RecordingRefused,
    ServerUnavailable,
)
from inference_server.workers.pool import WINDOW
from tests.inference_server.models.test_reading_by_ink import BY_INK, encoded, wave
from tests.inference_server.pictures import picture
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import CLASSES, write_model


def free_address() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_it_brings_typed_answers(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address, timeout=30) as client:
        answer = client.classify(picture(4))
        info = client.get_model()
        assert client.is_serving(timeout=10)
    assert (answer.beat_class.short, answer.beat_class.name) == CLASSES[4]
    assert answer.verdict is Verdict.CONFIDENT
    assert tuple(beat_class for beat_class, _ in answer.probabilities) == info.classes
    assert answer.prediction_set == (answer.beat_class,)
    assert (answer.model_name, answer.model_version) == (info.name, info.version) == ("arrhythmia", "1")
    assert info.scores == {"beats-10fold/accuracy": 0.5}


def test_the_lead_goes_with_every_call_about_a_picture(server: ServerProcess) -> None:
    expected = ("V1", LeadKnowledge.NONE, Verdict.UNCERTAIN)

    def said(answer: Classification | ClientError) -> tuple[str, LeadKnowledge | None, Verdict]:
        assert isinstance(answer, Classification)
        return answer.lead, answer.lead_knowledge, answer.verdict

    def explained(maps: list[SaliencyMap]) -> list[Classification]:
        return [of.classification for of in maps if of.classification]

    async def asked() -> list[Classification | ClientError]:
        async with AsyncArrhythmiaClient(server.address, timeout=30) as client:
            single = await client.classify(picture(4), lead="Lead V1")
            several = await client.classify_batch([picture(4)], lead="V1")
            return [
                single,
                *several,
                *[answer async for _, answer in client.classify_stream([("", picture(4))], lead="v1")],
                *explained([await client.explain(picture(4), lead="V1")]),
            ]

    with ArrhythmiaClient(server.address, timeout=30) as client:
        streamed = [answer for _, answer in client.classify_stream([("", picture(4))], lead="v1")]
        several = client.classify_batch([picture(4)], lead="V1")
        answers = [client.classify(picture(4), lead="Lead V1"), *several, *streamed, *asyncio.run(asked())]
        answers += explained([client.explain(picture(4), lead="Lead V1")])
        for call in (client.classify, client.explain):
            with pytest.raises(CallFailed) as caught:
                call(picture(4), lead="heart")
            assert caught.value.reason == "LEAD_UNKNOWN"
        assert client.explain(picture(4)).classification == client.classify(picture(4))
    assert [said(answer) for answer in answers] == [expected] * 8


def test_it_brings_the_same_as_in_process(server: ServerProcess, models: Path) -> None:
    from inference_server.models.classifier import Classifier
    from inference_server.models.onnx_model import OnnxModel

    model = OnnxModel.load(models / "arrhythmia" / "1")
    with ArrhythmiaClient(server.address, timeout=30) as client:
        assert client.classify(picture(2)) == Classifier(model).classify(picture(2)).classification
        assert client.get_model() == model.info


def test_a_refused_picture_has_a_reason_and_a_sentence(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address, timeout=30) as client:
        with pytest.raises(ImageRefused) as caught:
            client.classify(b"")
        assert caught.value.reason == "IMAGE_EMPTY"
        assert str(caught.value) == "The file is empty."
        for size in (9, 33):  # just above the server's limit, and above what the transport lets through
            with pytest.raises(ImageRefused) as caught:
                client.classify(picture() + b"\0" * (size * 1024 * 1024))
            assert caught.value.reason == "IMAGE_TOO_LARGE"


def test_another_version_is_a_failed_call(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address, timeout=30) as client:
        for call in (lambda: client.classify(picture(), model_version="9"), lambda: client.get_model(version="9")):
            with pytest.raises(CallFailed) as caught:
                call()
            assert (caught.value.code, caught.value.reason) == ("NOT_FOUND", "MODEL_NOT_FOUND")
            assert caught.value.error_id is None


def test_nobody_there_is_unavailable_within_the_deadline() -> None:
    with ArrhythmiaClient(free_address(), timeout=1.0) as client:
        assert not client.is_serving(timeout=0.5)
        begun = time.monotonic()
        with pytest.raises(ServerUnavailable):
            client.classify(picture())
        assert time.monotonic() - begun < 3


def test_a_server_that_never_answers_is_unavailable_after_the_deadline() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with (
            ArrhythmiaClient(f"127.0.0.1:{silent.getsockname()[1]}") as client,
            pytest.raises(ServerUnavailable, match="did not answer in time"),
        ):
            client.classify(picture(), timeout=0.3)


def test_no_model_is_unavailable_at_once_with_a_hint(tmp_path: Path) -> None:
    with running_server(tmp_path) as process, ArrhythmiaClient(process.address, timeout=30) as client:
        process.wait_for("no model to serve")
        assert not client.is_serving(timeout=10)
        begun = time.monotonic()
        with pytest.raises(ServerUnavailable, match=r"No model is loaded\.") as caught:
            client.classify(picture())
        assert caught.value.retry_after == 5.0
        assert time.monotonic() - begun < 1


def test_a_server_that_starts_meanwhile_is_found_by_the_retries(models: Path) -> None:
    address = free_address()
    with ArrhythmiaClient(address, timeout=60) as client:
        with pytest.raises(ServerUnavailable):
            client.classify(picture(), timeout=0.2)
        with running_server(models, listen=address) as process:
            process.wait_for("serving")
            begun = time.monotonic()
            while True:
                try:
                    assert client.classify(picture(1)).beat_class.short == "LBBB"
                    break
                except ServerUnavailable:
                    assert time.monotonic() - begun < 10


def test_a_full_server_is_unavailable_with_a_hint(tmp_path: Path) -> None:
    write_model(tmp_path, work=120)
    with (
        running_server(tmp_path, workers=1, queue_size=1) as process,
        ArrhythmiaClient(process.address, timeout=60) as client,
        ThreadPoolExecutor(WINDOW + 5) as callers,
    ):
        process.wait_for("serving")
        outcomes = [callers.submit(client.classify, picture()) for _ in range(WINDOW + 5)]
        errors = [error for outcome in outcomes if (error := outcome.exception())]
    assert len(errors) == 4  # beside those that the worker has in hand, and one in the queue
    assert all(isinstance(error, ServerUnavailable) and error.retry_after for error in errors)


def test_a_server_that_stops_under_load_answers_all_it_took_and_is_unavailable_to_the_rest(models: Path) -> None:
    with (
        running_server(models) as process,
        ArrhythmiaClient(process.address, timeout=20) as client,
        ThreadPoolExecutor(6) as callers,
    ):
        process.wait_for("serving")

        def keep_calling() -> tuple[int, ClientError]:
            answered = 0
            while True:
                try:
                    assert client.classify(picture(2)).beat_class.short == "RBBB"
                except ClientError as error:
                    return answered, error
                answered += 1

        calls = [callers.submit(keep_calling) for _ in range(6)]
        time.sleep(0.5)
        process.process.send_signal(signal.SIGTERM)
        outcomes = [call.result() for call in calls]
        assert process.stop() == 0
    assert {type(error) for _, error in outcomes} == {ServerUnavailable}
    logged = [entry["code"] for entry in process.logs if entry["event"] == "call"]
    assert logged == ["OK"] * sum(answered for answered, _ in outcomes)


def test_a_server_that_is_too_busy_to_answer_for_some_seconds_is_waited_for(models: Path) -> None:
    """Longer than one that is cut off: what a stopped process is sent is acknowledged by its system."""
    large = picture(3, size=(2400, 1600), compress_level=0)
    with running_server(models, workers=2) as server, ArrhythmiaClient(server.address, timeout=30) as client:
        server.wait_for("serving")
        client.classify(picture())  # a connection is there
        with ThreadPoolExecutor(4) as callers:
            os.kill(server.process.pid, signal.SIGSTOP)
            try:
                calls = [callers.submit(client.classify, image) for image in (picture(3), large) * 2]
                time.sleep(2.5)
                assert not any(call.done() for call in calls)
            finally:
                os.kill(server.process.pid, signal.SIGCONT)
            assert {call.result().beat_class.short for call in calls} == {CLASSES[3][0]}


def test_web_proxies_of_the_environment_are_left_alone(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{free_address()}")
    monkeypatch.setenv("grpc_proxy", f"http://{free_address()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with ArrhythmiaClient(server.address, timeout=10) as client:
        assert client.classify(picture(0)).beat_class.short == "NORMAL"


def test_a_batch_brings_an_outcome_for_each(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address, timeout=60) as client:
        first, second, third = client.classify_batch([picture(3), b"", picture(6)])
        assert isinstance(first, Classification)
        assert first.beat_class.short == "PAC"
        assert isinstance(second, ImageRefused)
        assert second.reason == "IMAGE_EMPTY"
        assert isinstance(third, Classification)
        with pytest.raises(CallFailed) as caught:
            client.classify_batch([])
        assert caught.value.reason == "BATCH_EMPTY"


def kill_a_worker_at_work(process: ServerProcess) -> None:
    time.sleep(0.3)
    os.kill(process.workers()[0], signal.SIGKILL)


def test_pictures_of_a_batch_or_a_stream_whose_worker_dies_are_asked_about_again(tmp_path: Path) -> None:
    write_model(tmp_path, work=60)
    bands = [number % 7 for number in range(16)]
    right = [CLASSES[band][0] for band in bands]
    with (
        running_server(tmp_path, workers=2) as process,
        ArrhythmiaClient(process.address, timeout=60) as client,
        ThreadPoolExecutor(1) as callers,
    ):
        process.wait_for("serving")
        process.wait_for_workers(2)
        pictures = [picture(band) for band in bands]

        async def batch_with_asyncio() -> list[Classification | ClientError]:
            async with AsyncArrhythmiaClient(process.address, timeout=60) as client:
                return await client.classify_batch(pictures)

        async def stream_with_asyncio() -> list[Classification | ClientError]:
            async with AsyncArrhythmiaClient(process.address, timeout=60) as client:
                return [outcome async for _, outcome in client.classify_stream(("", picture) for picture in pictures)]

        for number, ask in enumerate(
            (
                lambda: client.classify_batch(pictures),
                lambda: [outcome for _, outcome in client.classify_stream(("", picture) for picture in pictures)],
                lambda: asyncio.run(batch_with_asyncio()),
                lambda: asyncio.run(stream_with_asyncio()),
            )
        ):
            process.wait_for_workers(2 + number)
            asked = callers.submit(ask)
            kill_a_worker_at_work(process)
            outcomes = asked.result()
            assert [
                outcome.beat_class.short if isinstance(outcome, Classification) else outcome for outcome in outcomes
            ] == right
        assert sum(entry["event"] == "worker lost" for entry in process.logs) == 4


def test_a_stream_brings_keys_and_outcomes_in_order(server: ServerProcess) -> None:
    images = [(f"{number}.png", picture(number % 7) if number % 5 else b"") for number in range(60)]
    with ArrhythmiaClient(server.address, timeout=60) as client:
        for number, (key, outcome) in enumerate(client.classify_stream(images)):
            assert key == f"{number}.png"
            assert isinstance(outcome, Classification if number % 5 else ImageRefused)
        assert number == 59
        broken = client.classify_stream(images, model_version="9")
        assert all(isinstance(outcome, CallFailed) and outcome.code == "NOT_FOUND" for _, outcome in broken)
        left = client.classify_stream(("", picture()) for _ in range(10_000))
        next(left)
        left.close()


def test_explanations_and_the_list_of_models(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address, timeout=60) as client:
        saliency = client.explain(picture(4))
        assert saliency.beat_class.short == "PVC"
        assert max(map(max, saliency.values)) == pytest.approx(1)
        assert {len(row) for row in saliency.values} == {48}
        assert saliency.png.startswith(b"\x89PNG")
        assert saliency.trace is None  # this model sees pictures as a whole
        with pytest.raises(CallFailed) as caught:
            client.explain(picture(4), beat_class="GALLOP")
        assert caught.value.reason == "CLASS_UNKNOWN"
        assert client.list_models() == (client.get_model(),)


def test_a_model_that_reads_by_the_ink_says_what_it_read_and_how_often_it_is_right(tmp_path: Path) -> None:
    measured = {"classes": ["PVC"], "people": 153, "answers": 4100, "right": 0.992, "right_by_person": 0.985}
    stated: dict[str, str | None] = {"input": json.dumps(BY_INK), "confident_answers": json.dumps([measured])}
    write_model(tmp_path, metadata=stated)
    with running_server(tmp_path) as process, ArrhythmiaClient(process.address, timeout=60) as client:
        process.wait_for("serving")
        info = client.get_model()
        trace = client.explain(encoded(wave(1))).trace
        assert client.explain(encoded(Image.new("L", (300, 200), 255))).trace is None
    assert info.reads_ink
    assert info.confident_answers == (ConfidentAnswers(("PVC",), 153, 4100, 0.992, 0.985),)
    assert trace is not None
    ((first, *_, last),) = trace.strokes
    assert [first[0], last[0]] == pytest.approx([0, 1], abs=0.01)


def test_threads_share_a_client(server: ServerProcess) -> None:
    with ArrhythmiaClient(server.address, timeout=60) as client, ThreadPoolExecutor(8) as callers:
        bands = [number % 7 for number in range(56)]
        answers = callers.map(lambda band: client.classify(picture(band)).beat_class.short, bands)
        assert list(answers) == [CLASSES[band][0] for band in bands]


def test_a_closed_client_is_not_serving(server: ServerProcess) -> None:
    client = ArrhythmiaClient(server.address)
    client.close()
    assert not client.is_serving()


def test_a_stream_with_asyncio(server: ServerProcess) -> None:
    images = [(f"beat {number}", b"" if number == 7 else picture(number % 7)) for number in range(30)]

    async def endless() -> AsyncIterator[tuple[str, bytes]]:
        while True:
            yield "again", picture(3)

    async def journey() -> None:
        async with AsyncArrhythmiaClient(server.address, timeout=30) as client:
            pairs = [pair async for pair in client.classify_stream(images)]
            assert [key for key, _ in pairs] == [key for key, _ in images]
            assert isinstance(pairs[7][1], ImageRefused)
            for number, (_, outcome) in enumerate(pairs):
                if number != 7:
                    assert isinstance(outcome, Classification)
                    assert outcome.beat_class.short == CLASSES[number % 7][0]
            async with aclosing(client.classify_stream(endless())) as outcomes:
                key, _ = await anext(outcomes)
            assert key == "again"
            assert await client.is_serving(timeout=10)

    asyncio.run(journey())


def test_asyncio(server: ServerProcess) -> None:
    async def journey() -> None:
        async with AsyncArrhythmiaClient(server.address, timeout=60) as client:
            assert await client.is_serving(timeout=10)
            answers = await asyncio.gather(*(client.classify(picture(band)) for band in range(7)))
            assert [answer.beat_class.short for answer in answers] == [short for short, _ in CLASSES[:7]]
            assert (await client.get_model()).version == "1"
            assert [model.version for model in await client.list_models()] == ["1"]
            assert (await client.explain(picture(2))).beat_class.short == "RBBB"
            first, second = await client.classify_batch([picture(2), b""])
            assert isinstance(first, Classification)
            assert isinstance(second, ImageRefused)
            with pytest.raises(ImageRefused) as caught:
                await client.classify(b"text")
            assert caught.value.reason == "IMAGE_UNSUPPORTED_FORMAT"
        assert not await client.is_serving()

    asyncio.run(journey())


def test_every_error_is_a_client_error() -> None:
    assert {ServerUnavailable, ImageRefused, RecordingRefused, CallFailed} == set(ClientError.__subclasses__())
