"""A worker runs its programs one after the other and tells how far it is, whatever they do."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.submission import machine
from training.submission.machine import Machine, State


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Machine("m-0")
    yield made
    made.end(remove=True)
    assert not (tmp_path / "beatlens-submissions" / "m-0").exists()


def ended(worker: Machine) -> State:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = worker.state(0)
        if state.failed or state.step == state.steps > 0:
            return state
        time.sleep(0.02)
    pytest.fail("It does not end.")


def say(text: str) -> list[str]:
    return ["-c", f"print({text!r}, open('greeting').read(), flush=True)"]


def test_programs_run_in_order_in_a_folder_with_the_files(worker: Machine) -> None:
    worker.begin({"greeting": "hello"}, [say("first"), say("second")], {})
    assert ended(worker) == State(2, 2, False, 0, ("first hello", "second hello"))
    assert worker.state(1).lines == ("second hello",)


def test_after_one_that_fails_none_is_begun_and_it_can_begin_again(worker: Machine) -> None:
    worker.begin({"greeting": "hello"}, [["-c", "raise SystemExit('no data')"], say("second")], {})
    state = ended(worker)
    assert (state.step, state.failed, state.lines) == (0, True, ("no data",))
    worker.begin({"greeting": "again"}, [say("first")], {})
    assert ended(worker).lines[-1] == "first again"


def test_what_runs_is_not_begun_twice_and_can_be_ended(worker: Machine) -> None:
    forever = ["-c", "import time; print('runs', flush=True); time.sleep(600)"]
    worker.begin({}, [forever, say("second")], {})
    while not worker.state(0).lines:
        time.sleep(0.02)
    worker.begin({}, [say("other")], {})
    worker.end(remove=False)
    state = worker.state(0)
    assert (state.step, state.failed, state.lines) == (0, True, ("runs",))


def test_lines_beyond_what_is_held_are_dropped_from_the_front(worker: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_MAX_LINES", 3)
    worker.begin({}, [["-c", "for number in range(10): print(number)"]], {})
    state = ended(worker)
    assert (state.first_line, state.lines) == (7, ("7", "8", "9"))
