"""What is remembered of a submission here, beside its run, so that it can be picked up again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from training import TrainingError


class SubmissionError(TrainingError):
    """A submission can't be begun, or has failed."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A run on a cluster."""

    id: str
    """Names its parts on the cluster."""
    workers: int
    cpus: int
    """Of each worker."""
    recipe: str
    """The recipe's YAML."""

    @classmethod
    def stored(cls, runs: Path, run: str) -> Submission | None:
        """The one of ``run`` that is under way; None if there is none.

        Raises:
            SubmissionError: its file can't be read.
        """
        try:
            return cls(**json.loads(_file(runs, run).read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise SubmissionError(f"{_file(runs, run)} can't be read: {error}") from error

    def store(self, runs: Path, run: str) -> None:
        """Remember it."""
        file = _file(runs, run)
        file.parent.mkdir(parents=True, exist_ok=True)
        arriving = file.with_suffix(".arriving")
        arriving.write_text(json.dumps(asdict(self), indent=1) + "\n")
        os.replace(arriving, file)

    @staticmethod
    def forget(runs: Path, run: str) -> None:
        """It has ended and was brought back, or was given up."""
        _file(runs, run).unlink(missing_ok=True)


def _file(runs: Path, run: str) -> Path:
    return runs / f"{run}.submission.json"
