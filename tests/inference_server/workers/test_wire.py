from __future__ import annotations

import mmap

from hypothesis import given
from hypothesis import strategies as st

from ecg.pictures.decoding import ImageLimits
from inference_server.classification import Verdict
from inference_server.models.model_files import ModelFiles
from inference_server.workers import wire
from inference_server.workers.wire import Classified, Configuration, Kind, Outcome, ReplyReader, TaskReader

BODIES = st.lists(st.binary(max_size=300), max_size=8)


@given(BODIES, st.integers(1, 50))
def test_tasks_come_out_as_they_went_in_however_they_are_cut(bodies: list[bytes], size: int) -> None:
    sent = b"".join(
        wire.task(Kind.CLASSIFY, number, 7, body, admitted=1.5, deadline=2.5) for number, body in enumerate(bodies)
    )
    reader = TaskReader()
    tasks = [task for start in range(0, len(sent), size) for task in reader.feed(sent[start : start + size])]
    assert [task.body for task in tasks] == bodies
    assert [task.task_id for task in tasks] == list(range(len(bodies)))
    assert {(task.kind, task.model, task.admitted, task.deadline) for task in tasks} <= {(Kind.CLASSIFY, 7, 1.5, 2.5)}


@given(BODIES, st.integers(1, 50))
def test_replies_come_out_as_they_went_in_however_they_are_cut(bodies: list[bytes], size: int) -> None:
    sent = b"".join(wire.reply(Outcome.DONE, number, body) for number, body in enumerate(bodies))
    reader = ReplyReader()
    replies = [reply for start in range(0, len(sent), size) for reply in reader.feed(sent[start : start + size])]
    assert [(reply.outcome, reply.task_id, reply.body) for reply in replies] == [
        (Outcome.DONE, number, body) for number, body in enumerate(bodies)
    ]


@given(BODIES)
def test_joined_bodies_come_apart(bodies: list[bytes]) -> None:
    assert wire.split(wire.join(bodies)) == bodies


def test_what_has_a_form_of_its_own_comes_back() -> None:
    answer = Classified("12", "PVC", Verdict.NOT_A_BEAT, 0.1, 0.2, 0.3, b"response")
    assert Classified.from_bytes(answer.to_bytes()) == answer
    files = ModelFiles(version="3", digest="d" * 64, content=b"onnx")
    assert wire.files_from_bytes(wire.files_to_bytes(files)) == files
    configuration = Configuration(ImageLimits(max_bytes=5), "DEBUG", 1234)
    assert Configuration.from_argument(configuration.to_argument()) == configuration


def test_each_side_sees_the_marks_of_the_other() -> None:
    with mmap.mmap(-1, wire.Marks.BYTES) as page:
        marks = wire.Marks(page)
        assert marks.begun == 0
        marks.expect(5)
        marks.abandon(2**32 - 1)
        marks.begin(2**32 - 1)
        assert marks.begun == 2**32 - 1
        assert marks.is_abandoned(2**32 - 1)
        assert not marks.is_abandoned(5)
        marks.expect(2**32 - 1)
        assert not marks.is_abandoned(2**32 - 1)
        marks.begin(0)
        assert marks.begun == 0
