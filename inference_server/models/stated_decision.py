"""How a model file says which classes it knows and how answers are decided; the same for pictures and recordings."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from inference_server.models.decision import Thresholds
from inference_server.models.model_files import MODEL_FILE, ModelError


class StatedClass(BaseModel):
    """A class of ``classes``."""

    short: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: str = Field(min_length=1)


class StatedDecision(BaseModel):
    """The entry ``decision``."""

    min_probability: dict[str, float]
    min_confidence: dict[str, float] | None = None
    groups: list[list[str]] | None = None


def thresholds_of(shorts: Sequence[str], decision: StatedDecision, *, max_ood_score: float) -> Thresholds:
    """What the ``decision`` of a file says of its classes, by their short names in output order.

    Raises:
        ModelError: it lacks something, or contradicts itself.
    """
    if len(set(shorts)) != len(shorts):
        raise ModelError(f"{MODEL_FILE}: metadata classes names a class twice.")
    thresholds = {"min_probability": decision.min_probability}
    if decision.min_confidence is not None:
        thresholds["min_confidence"] = decision.min_confidence
    for entry, values in thresholds.items():
        if missing := [short for short in shorts if short not in values]:
            raise ModelError(f"{MODEL_FILE}: metadata decision has no {entry} for {', '.join(missing)}.")
    by_entry = {entry: tuple(values[short] for short in shorts) for entry, values in thresholds.items()}
    return Thresholds(
        min_probability=by_entry["min_probability"],
        max_ood_score=max_ood_score,
        min_confidence=by_entry.get("min_confidence", ()),
        groups=_groups(decision.groups, shorts, by_entry) if decision.groups is not None else (),
    )


def _groups(
    named: list[list[str]], shorts: Sequence[str], thresholds: dict[str, tuple[float, ...]]
) -> tuple[tuple[int, ...], ...]:
    """All classes by their indices: the named groups, and each other class alone."""
    members = [short for group in named for short in group]
    if unknown := [short for short in members if short not in shorts]:
        raise ModelError(f"{MODEL_FILE}: metadata decision groups {', '.join(unknown)}, which is no class.")
    if len(set(members)) != len(members) or not all(named):
        raise ModelError(f"{MODEL_FILE}: metadata decision has a class in two groups, or an empty group.")
    if "min_confidence" not in thresholds:
        raise ModelError(f"{MODEL_FILE}: metadata decision has groups, but no min_confidence.")
    groups = [tuple(shorts.index(short) for short in group) for group in named]
    for group in groups:
        if len({thresholds["min_confidence"][index] for index in group}) > 1:
            raise ModelError(f"{MODEL_FILE}: metadata decision has several min_confidence for one group.")
    alone = [(index,) for index, short in enumerate(shorts) if short not in members]
    return tuple(sorted([*groups, *alone]))
