"""Out-of-fold predictions for people of two databases, as ``people-5fold`` stores them, of chosen sureness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg.classes import CLASS_SETS
from training.learning.predictions import Predictions, Whose
from training.recipes.provenance import RunConfig

SHORTS = [beat_class.short for beat_class in CLASS_SETS["seven"]]
_SYMBOLS = [beat_class.symbol for beat_class in CLASS_SETS["seven"]]


@dataclass(frozen=True)
class Row:
    """So many alike beats of a person."""

    person: str
    truth: str
    predicted: str
    beats: int = 1
    probability: float = 0.9
    lead: str = "II"

    @property
    def database(self) -> str:
        """The person's."""
        return self.person.partition("-")[0]


def fold_of(rows: list[Row], fold: int = 0) -> Predictions:
    """Predictions of one fold; what a beat's class isn't predicted with is shared by the others evenly."""
    every = [row for row in rows for _ in range(row.beats)]
    probabilities = np.array(
        [
            [row.probability if short == row.predicted else (1 - row.probability) / 6 for short in SHORTS]
            for row in every
        ],
        dtype=np.float32,
    )
    config = RunConfig.model_validate({"name": f"recipe.fold-{fold}", "fold": fold, "protocol": "people-5fold"})
    people = np.array([row.person for row in every])
    whose = Whose(people, np.array([row.database for row in every]), np.array([row.lead for row in every]))
    symbols = np.array([_SYMBOLS[SHORTS.index(row.truth)] for row in every])
    return Predictions(config, people, np.arange(len(every)), symbols, probabilities, majority=0, whose=whose)
