"""Why a recording could not be read, and what its reader has to be told before it can be.

Every error has a stable reason, ``RECORDING_…``, from the reader to the sentence on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

About = Literal["rate", "unit", "leads"]


class RecordingError(Exception):
    """A recording is refused."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        """Stable code, ``RECORDING_…``."""
        self.message = message
        """A sentence for people; it names nothing personal."""

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Question:
    """One fact that the file doesn't tell and that nobody should guess."""

    about: About
    """``rate`` in samples a second; ``unit`` of the samples; ``leads``, one name for each column, ``-`` for no lead."""
    message: str
    candidates: tuple[str, ...] = ()
    """Likely answers, the likeliest first; empty where any could be."""
    columns: tuple[str, ...] = ()
    """What the file calls the columns in question, in its order."""


class RecordingQuestion(RecordingError):  # noqa: N818 - it is a question, not a fault
    """A recording can be read once its questions are answered (``ecg.formats.Answers``)."""

    def __init__(self, questions: tuple[Question, ...]) -> None:
        reason = f"RECORDING_{questions[0].about.upper()}_UNKNOWN"
        super().__init__(reason, " ".join(question.message for question in questions))
        self.args = (questions,)  # so that it survives pickling
        self.questions = questions
