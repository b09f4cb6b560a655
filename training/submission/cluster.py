"""The parts of a submission on a Ray cluster, found by their names: workers on machines that are theirs.

Only Ray's core is used, not its job server: that needs the extra ``ray[default]`` with a score of packages on both
sides, and a way to the dashboard beside that to the cluster; and one job of it is one process on one machine.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from inference_server.runtime.reachability import check_listens
from training.submission import packing
from training.submission.machine import Machine, State
from training.submission.record import Submission, SubmissionError

_NAMESPACE: Final = "beatlens-training"
_RECIPE: Final = "recipe.yaml"

#: For room on the cluster, and for workers to be there; for an answer of a machine that is there; for packing a run.
_ROOM_SECONDS: Final = 600.0
_ANSWER_SECONDS: Final = 60.0
_PACK_SECONDS: Final = 900.0
#: A line that nobody reaches: asks how far it is, and for no lines.
_NO_LINES: Final = 10**12
#: Between looks at how far it is.
_LOOK_SECONDS: Final = 1.0


@contextmanager
def connected(address: str) -> Iterator[None]:
    """The cluster at ``address``: HOST:PORT from one of its machines, ray://HOST:PORT from anywhere.

    Raises:
        SubmissionError: it can't be reached.
    """
    try:
        check_listens(address)
        ray.init(address=address, namespace=_NAMESPACE, logging_level=logging.ERROR, log_to_driver=False)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        raise SubmissionError(f"There is no Ray cluster at {address}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()


class Workers:
    """The workers of one submission; the first one's folder is the run."""

    def __init__(self, submission: Submission, run: str) -> None:
        self._submission = submission
        self._run = run
        room = _room(submission)
        self._machines = [_machine(submission, index, room) for index in range(submission.workers)]

    def begin(self, data: Sequence[str], *, export: bool) -> None:
        """Have them train, then the first one make the table and, with ``export``, the model; what runs goes on.

        Raises:
            SubmissionError: one of them is lost or does not answer.
        """
        self._end_rest()
        addresses = [str(address) for address in self._ask(*(machine.address.remote() for machine in self._machines))]
        files = {_RECIPE: self._submission.recipe}
        begun = []
        for index, machine in enumerate(self._machines):
            task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            environment = {"TF_CONFIG": json.dumps(task)} if len(addresses) > 1 else {}
            begun.append(machine.begin.remote(files, self._programs(index, data, export=export), environment))
        self._ask(*begun)

    def follow(self, tell: Callable[[str], None]) -> None:
        """Wait until the first worker has done everything, telling its lines.

        Raises:
            SubmissionError: a program of one of them has failed, or one is lost.
        """
        first, *others = self._machines
        first_line = 0
        while True:
            states: list[State] = self._ask(
                first.state.remote(first_line), *(machine.state.remote(_NO_LINES) for machine in others)
            )
            first_line = states[0].first_line + len(states[0].lines)
            for line in states[0].lines:
                tell(line)
            failed = [index for index, state in enumerate(states) if state.failed]
            if failed:
                raise SubmissionError(f"Worker {failed[0]} has failed. {self._last_line(failed[0])}")
            if states[0].steps and states[0].step == states[0].steps:
                return
            time.sleep(_LOOK_SECONDS)

    def is_begun(self) -> bool:
        """Whether all of them have something to do, or have done it."""
        states: list[State] = self._ask(
            *(machine.state.remote(_NO_LINES) for machine in self._machines), seconds=_ROOM_SECONDS
        )
        return all(state.steps and not state.failed for state in states)

    def results(self) -> tuple[Iterator[bytes], str]:
        """The run's folder, table and model in it, as one packed file, and its SHA-256."""
        first = self._machines[0]
        size, digest = self._ask(first.pack.remote(f"runs/{self._run}"), seconds=_PACK_SECONDS)[0]
        chunks = (self._ask(first.chunk.remote(begin))[0] for begin in range(0, size, packing.CHUNK))
        return chunks, digest

    def end(self) -> None:
        """End them, remove what they have, and give their places on the cluster back."""
        for machine in self._machines:
            try:
                self._ask(machine.end.remote(remove=True))
            except SubmissionError:
                continue  # it is gone already
            finally:
                ray.kill(machine)
        remove_placement_group(ray.util.get_placement_group(self._submission.id))

    def _programs(self, index: int, data: Sequence[str], *, export: bool) -> list[list[str]]:
        """What a worker runs in its folder, one after the other."""
        where = [word for folder in data for word in ("--data", folder)]
        train = ["-m", "training", "train", "--config", _RECIPE, "--runs", "runs", *where]
        if self._submission.workers > 1:
            train += ["--strategy", "multiworker"]
        if index:
            return [train]
        run = f"runs/{self._run}"
        programs = [train, ["-m", "training", "compare", run, "--out", f"{run}/scores.csv"]]
        if export:
            models = f"{run}/models"
            programs.append(["-m", "training", "export", run, "--name", self._run, "--models", models, *where])
        return programs

    def _end_rest(self) -> None:
        """Stop what is left of an attempt of which a part has failed: the others wait for it."""
        self._ask(*(machine.end.remote(remove=False) for machine in self._machines))

    def _last_line(self, index: int) -> str:
        state: State = self._ask(self._machines[index].state.remote(0))[0]
        return next((line for line in reversed(state.lines) if line.strip()), "It said nothing.")

    @staticmethod
    def _ask(*references: Any, seconds: float = _ANSWER_SECONDS) -> list[Any]:
        try:
            answers: list[Any] = ray.get(list(references), timeout=seconds)
        except GetTimeoutError as error:
            raise SubmissionError(f"The cluster did not answer within {seconds:g} s. Submit again to go on.") from error
        except RayActorError as error:
            raise SubmissionError("A worker is lost. Submit again, from the last whole epoch that is left.") from error
        except RayError as error:
            raise SubmissionError(f"The cluster has failed: {error}") from error
        return answers


def _machine(submission: Submission, index: int, room: Any) -> Any:
    """A worker's actor, made where there is none. It outlives this process."""
    name = f"{submission.id}-{index}"
    options = {
        "name": name,
        "lifetime": "detached",
        "get_if_exists": True,
        "num_cpus": submission.cpus,
        "max_concurrency": 4,
        "scheduling_strategy": PlacementGroupSchedulingStrategy(room, placement_group_bundle_index=index),
    }
    return ray.remote(Machine).options(**options).remote(name)


def _room(submission: Submission) -> Any:
    """A place for each worker, on machines of their own as far as there are so many.

    Raises:
        SubmissionError: the cluster has none.
    """
    try:
        return ray.util.get_placement_group(submission.id)
    except ValueError:  # there is none of that name
        pass
    places = [{"CPU": submission.cpus}] * submission.workers
    room = placement_group(places, strategy="SPREAD", name=submission.id, lifetime="detached")
    if not room.wait(_ROOM_SECONDS):
        remove_placement_group(room)
        raise SubmissionError(
            f"The cluster had no room for {submission.workers} workers of {submission.cpus} CPUs within"
            f" {_ROOM_SECONDS:g} s."
        )
    return room
