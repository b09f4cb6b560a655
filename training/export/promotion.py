"""From a candidate to a served version: nothing is promoted that is broken, larger, slower or worse for new people."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference_server.models.model_files import MODEL_FILE
from inference_server.models.onnx_model import OnnxModel
from training import TrainingError

#: Largest file that is promoted, bytes.
MAX_BYTES = 1_500_000

#: How much slower than the version before a candidate may be; timings on shared machines scatter by as much.
SLOWER = 1.10

#: Score that may not fall: what a new patient gets.
SCORE = "inter-patient/macro_f1"

_ROUNDS = 11
_PICTURES_PER_ROUND = 20


class PromotionError(TrainingError):
    """The candidate is not promoted; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Findings:
    """A candidate held against the version that is served now."""

    bytes: int
    time_ratio: float
    """Median time of one picture on one thread, candidate ÷ served, measured in turns."""
    score: float | None
    served_score: float | None


def examine(candidate: Path, served: Path) -> Findings:
    """Load both versions as the server does and time them in turns.

    Raises:
        ModelError: one of them can't be served.
    """
    new, old = OnnxModel.load(candidate), OnnxModel.load(served)
    return Findings(
        bytes=(candidate / MODEL_FILE).stat().st_size,
        time_ratio=_time_ratio(new, old),
        score=new.info.scores.get(SCORE),
        served_score=old.info.scores.get(SCORE),
    )


def promote(candidate: Path, served: Path, *, force: bool = False) -> tuple[Path, Findings]:
    """Copy ``candidate`` (``<repository>/<name>/<version>``) beside ``served`` (``models/<name>/<version>``).

    The server takes the newest version that is not pinned otherwise, without a restart.

    Args:
        force: promote although a figure says no.

    Returns:
        The new version's folder, and what was found.

    Raises:
        PromotionError: the version exists, or a figure says no.
        ModelError: one of the two can't be served.
    """
    target = served.parent / candidate.name
    if target.exists():
        raise PromotionError(f"{target} exists; export the candidate as another version.")
    if candidate.parent.name != served.parent.name:
        raise PromotionError(f"{candidate} is no version of {served.parent.name}.")
    findings = examine(candidate, served)
    if not force and (reasons := _objections(findings)):
        raise PromotionError(" ".join(reasons))
    partial = served.parent / f".{candidate.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(candidate, partial)
    os.replace(partial, target)
    return target, findings


def _objections(findings: Findings) -> list[str]:
    reasons = []
    if findings.bytes > MAX_BYTES:
        reasons.append(f"The file has {findings.bytes:,} bytes; at most {MAX_BYTES:,} are allowed.")
    if findings.time_ratio > SLOWER:
        reasons.append(f"A picture takes {findings.time_ratio:.2f} times as long as with the version before.")
    if findings.score is not None and findings.served_score is not None and findings.score < findings.served_score:
        reasons.append(f"{SCORE} is {findings.score:.4f}, that of the version before {findings.served_score:.4f}.")
    return reasons


def _time_ratio(new: OnnxModel, old: OnnxModel) -> float:
    """Both in turns, picture by picture, in this one thread; the median of the rounds' ratios."""
    generator = np.random.default_rng(0)
    size = (1, new.input.height, new.input.width, new.input.channels)
    pixels = generator.integers(0, 256, size=size, dtype=np.uint8)
    other = generator.integers(0, 256, size=(1, old.input.height, old.input.width, old.input.channels), dtype=np.uint8)
    ratios = []
    for _ in range(_ROUNDS):
        spent = []
        for model, picture in ((new, pixels), (old, other)):
            start = time.thread_time()
            for _ in range(_PICTURES_PER_ROUND):
                model.run(picture)
            spent.append(time.thread_time() - start)
        ratios.append(spent[0] / spent[1])
    return float(np.median(ratios))
