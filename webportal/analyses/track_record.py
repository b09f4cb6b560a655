"""How often a model was right about one kind of beat, in people it had never seen; the model's file tells."""

from __future__ import annotations

from dataclasses import dataclass

from inference_server.classification import ModelInfo

#: The protocols whose test people no network had seen, the one with the most people first; see the model card.
NEW_PEOPLE = ("people-5fold", "inter-patient")


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """One kind against the rest, on the test beats of new people."""

    sensitivity: float
    """Share of the beats of this kind that were called so."""
    positive_predictivity: float | None
    """Share of the beats that were called so and are; ``None`` when none was called so."""
    beats: int
    """Test beats of this kind."""
    people: int | None
    """Whose beats they are; ``None`` where the file doesn't tell."""


def of_kind(model: ModelInfo, short: str) -> TrackRecord | None:
    """The record for the class with that short name; ``None`` where the file doesn't tell."""
    records = (_by(protocol, model, short) for protocol in NEW_PEOPLE)
    return next((record for record in records if record is not None), None)


def _by(protocol: str, model: ModelInfo, short: str) -> TrackRecord | None:
    def score(name: str) -> float | None:
        return model.scores.get(f"{protocol}/{short}/{name}")

    sensitivity, beats, people = score("sensitivity"), score("beats"), score("people")
    if sensitivity is None or not beats:
        return None
    return TrackRecord(sensitivity, score("positive_predictivity"), int(beats), None if people is None else int(people))
