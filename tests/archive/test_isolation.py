"""Whatever a file does to the process that reads it, the task goes on and the file has its row."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import isolation
from archive.engine import engine
from archive.isolation import Isolated, Unusable
from archive.job import Job
from archive.tables import Tables
from ecg.formats import wfdb_writer
from tests.inference_server.recordings_of_tests import recording


@pytest.fixture
def record(tmp_path: Path) -> list[Path]:
    header = wfdb_writer.write(recording(20), tmp_path, "r")[0]
    return [header, header.with_suffix(".dat")]


@pytest.fixture
def isolated(job: Job, monkeypatch: pytest.MonkeyPatch) -> Iterator[Isolated]:
    monkeypatch.setattr(isolation, "_PROGRAM", "tests.archive.poisoned_child")
    with Isolated(job) as process:
        yield process


def reasons(rows: Tables) -> list[str]:
    assert len(rows.recordings) + len(rows.failures) == 1
    told: list[str] = rows.failures.column("reason").to_pylist()
    return told


def test_rows_are_those_of_the_engine_in_this_process(isolated: Isolated, job: Job, record: list[Path]) -> None:
    with engine(job) as here:
        assert isolated.about("r", record) == here.about("r", record)


def test_a_file_that_kills_two_processes_is_a_failure_and_others_get_their_answers(
    isolated: Isolated, record: list[Path]
) -> None:
    assert reasons(isolated.about("poison", record)) == ["WORKER_LOST"]
    assert reasons(isolated.about("good", record)) == []


def test_a_file_whose_process_was_killed_once_is_answered_by_the_next(isolated: Isolated, record: list[Path]) -> None:
    assert reasons(isolated.about("unlucky", record)) == []


def test_a_process_that_is_silent_within_its_answer_is_lost(
    isolated: Isolated, record: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_SILENCE_SECONDS", 5.0)
    assert reasons(isolated.about("mute", record)) == ["WORKER_LOST"]


def test_what_nobody_expected_is_a_failure_that_says_nothing_of_the_inside(
    isolated: Isolated, record: list[Path]
) -> None:
    assert reasons(isolated.about("hungry", record)) == ["RECORDING_TOO_COSTLY"]
    odd = isolated.about("odd", record)
    assert reasons(odd) == ["INTERNAL"]
    assert "nobody thought" not in odd.failures.column("message")[0].as_py()


def test_a_process_leaves_nothing_behind(isolated: Isolated, record: list[Path]) -> None:
    isolated.about("good", record)
    process, scratch = isolated._process, isolated._scratch
    assert process is not None
    assert scratch.is_dir()
    isolated.close()
    assert not scratch.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_other_models_than_the_job_s_are_no_failure_of_a_file(job: Job, record: list[Path]) -> None:
    other = dataclasses.replace(job, recording_model="0" * 64)
    with Isolated(other) as process, pytest.raises(Unusable, match="began with"):
        process.about("good", record)
