"""A recipe to a cluster, and its run, tables and model back; what was stopped on the way is picked up."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from training.recipes import recipe_files
from training.submission import cluster, packing
from training.submission.record import Submission, SubmissionError

Tell = Callable[[str], None]


def submit(
    recipe: Path,
    address: str,
    runs: Path,
    tell: Tell,
    *,
    data: Sequence[str],
    workers: int = 1,
    cpus: int = 1,
    export: bool = True,
) -> Path:
    """Train a recipe on the Ray cluster at ``address``; the run's folder, with ``scores.csv`` and ``models`` in it.

    A submission that is under way is followed further; one of which a worker has failed begins again, from the last
    whole epoch where its machine still has it.

    Args:
        recipe: Its YAML file.
        address: See :func:`training.submission.cluster.connected`.
        runs: Folder of all runs; the submission is remembered in it.
        tell: Called with each line that the first worker says.
        data: Folders of prepared data, the same on each machine.
        workers: That train together, on machines of their own if there are so many.
        cpus: Of each.
        export: Whether the run becomes a model there.

    Raises:
        SubmissionError: it can't be begun, or has failed.
        PackingError: what came back is not whole.
        ConfigurationError: the recipe can't be read.
    """
    run = recipe_files.read_recipe(recipe).name
    submission = _submission(recipe, runs, run, workers, cpus)
    with cluster.connected(address):
        team = cluster.Workers(submission, run)
        if not team.is_begun():
            tell(f"begins on the cluster as {submission.id}")
            team.begin(data, export=export)
        team.follow(tell)
        with tempfile.TemporaryDirectory(prefix="beatlens-submission-") as private:
            packed = Path(private) / "results"
            chunks, digest = team.results()
            packing.receive(chunks, digest, packed)
            packing.unpack(packed, runs / run)
        team.end()
    Submission.forget(runs, run)
    return runs / run


def give_up(recipe: Path, address: str, runs: Path) -> bool:
    """End what is under way of a recipe, and remove what its machines have of it; whether there was something.

    Raises:
        SubmissionError: the cluster can't be reached.
        ConfigurationError: the recipe can't be read.
    """
    run = recipe_files.read_recipe(recipe).name
    submission = Submission.stored(runs, run)
    if submission is None:
        return False
    with cluster.connected(address):
        cluster.Workers(submission, run).end()
    Submission.forget(runs, run)
    return True


def _submission(recipe: Path, runs: Path, run: str, workers: int, cpus: int) -> Submission:
    """The one that is under way, or a new one, which is remembered before anything begins."""
    if (runs / run).exists():
        raise SubmissionError(f"{runs / run} is there already. Choose another name or another folder.")
    asked = Submission(f"beatlens-{run}-{uuid.uuid4().hex[:8]}", workers, cpus, recipe.read_text())
    under_way = Submission.stored(runs, run)
    if under_way is None:
        asked.store(runs, run)
        return asked
    if replace(asked, id=under_way.id) != under_way:
        raise SubmissionError(
            f"{run} is under way with another recipe, number of workers or CPUs. Submit it as it was, or end it."
        )
    return under_way
