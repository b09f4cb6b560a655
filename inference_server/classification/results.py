"""What is said about a picture of a heartbeat: the domain's own words, free of any transport."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ecg import leads
from ecg.pictures.ink.reasons import NotABeat

DISCLAIMER: Final = "For research and education only. Not a medical device, not for diagnosis."
"""Said wherever a result is shown."""


class Verdict(StrEnum):
    """How far a classification may be believed."""

    CONFIDENT = "CONFIDENT"
    """Exactly one class is plausible."""
    UNCERTAIN = "UNCERTAIN"
    """More than one class, or none, is plausible."""
    NOT_A_BEAT = "NOT_A_BEAT"
    """The picture does not look like one ECG beat."""


class LeadKnowledge(StrEnum):
    """What is known of a model's answers in the lead that a beat was recorded in."""

    LEARNED = "LEARNED"
    """The network learned from this lead: the answer is the same as without its name."""
    MEASURED = "MEASURED"
    """It learned from other leads, but how often it is right in this one was measured; the verdict goes by that."""
    NONE = "NONE"
    """Neither; no answer is confident."""


@dataclass(frozen=True, slots=True)
class BeatClass:
    """One class of a model. The list of classes comes from the model file, never from code."""

    short: str
    """Stable short name, upper case, e.g. ``PVC``."""
    name: str
    """Name for people, e.g. ``Premature Ventricular Contraction``."""


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer to one picture."""

    beat_class: BeatClass
    """The most probable class."""
    probability: float
    """Calibrated probability of ``beat_class``, 0 to 1."""
    probabilities: tuple[tuple[BeatClass, float], ...]
    """Every class of the model with its probability, in the model's order; they add up to 1."""
    verdict: Verdict
    prediction_set: tuple[BeatClass, ...]
    """The classes that stay plausible, most probable first."""
    model_name: str
    model_version: str
    reason: NotABeat | None = None
    """Why the picture is not one beat; None beside every other verdict, and from servers that don't say."""
    beats: int = 0
    """How many beats were counted where there are several, else 0."""
    lead: str = ""
    """The lead that the caller named, by its usual name, e.g. ``MLII``; empty where none was named."""
    lead_knowledge: LeadKnowledge | None = None
    """What is known of answers in that lead; None where none was named."""


@dataclass(frozen=True, slots=True)
class TrainingProfile:
    """What a model answers to held-out beats of its own training data. Live traffic that differs has drifted."""

    class_shares: dict[str, float]
    """Share of the answers that name each class, by its short name; they add up to 1."""
    mean_confidence: float
    """Mean probability of the most probable class, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ConfidentAnswers:
    """How often the confident answers that name a group of classes are right, for people whom the networks had never
    seen.
    """

    classes: tuple[str, ...]
    """Short names; one, or several that one picture can't tell apart."""
    people: int
    """Of how many people these answers are."""
    answers: int
    """How many answers, one a beat."""
    right: float
    """Share of the answers that are right, 0 to 1."""
    right_by_person: float
    """The same with every person weighing the same, however many of their beats were asked about."""


@dataclass(frozen=True, slots=True)
class LeadAnswers:
    """How often confident answers are right in some leads."""

    leads: tuple[str, ...]
    """Standard names; others that stand in for one of them (``MLII`` for ``II``) are meant as well."""
    learned: bool
    """Whether the networks learned from these leads."""
    confident_answers: tuple[ConfidentAnswers, ...]
    """One entry for each group of classes that is ever answered confidently in these leads."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One loaded model version, as the server describes it."""

    name: str
    version: str
    classes: tuple[BeatClass, ...]
    input_height: int
    """Height of the canonical picture, pixels; 0 for a model of recordings."""
    input_width: int
    """Width of the canonical picture, pixels; 0 for a model of recordings."""
    digest: str
    """SHA-256 of the ONNX file, hexadecimal."""
    training_run: str
    """Name of the training run that made it."""
    scores: dict[str, float]
    """Headline scores by name, e.g. ``beats-10fold/accuracy``, and of single classes in new people, e.g.
    ``inter-patient/PVC/sensitivity``; the model card has them all."""
    licence_notice: str
    """The notice that the training data's licence asks to show."""
    profile: TrainingProfile | None = None
    """None if the model file does not tell."""
    input_channels: int = 1
    """Numbers of a pixel; 3 for an imported model that sees colours."""
    reads_ink: bool = False
    """Whether the beat is read of a picture by its ink, so that it can be shown what was read."""
    confident_answers: tuple[ConfidentAnswers, ...] = ()
    """One entry for each group of classes; empty if the model file does not tell."""
    lead_answers: tuple[LeadAnswers, ...] = ()
    """What is known of single leads; empty if the model file does not tell."""

    def answers_in(self, lead: str) -> LeadAnswers | None:
        """What is known of a lead, by its canonical name (:func:`ecg.leads.resolve`); None where nothing is."""
        standard = leads.standard_of(lead)
        return next((answers for answers in self.lead_answers if standard in answers.leads), None)

    def knowledge_of(self, lead: str) -> LeadKnowledge:
        """Of which kind that is."""
        answers = self.answers_in(lead)
        if answers is None:
            return LeadKnowledge.NONE
        return LeadKnowledge.LEARNED if answers.learned else LeadKnowledge.MEASURED


@dataclass(frozen=True, slots=True)
class Trace:
    """The line that was found in a picture. Places are shares of the width and height of the picture, upright."""

    strokes: tuple[tuple[tuple[float, float], ...], ...]
    """Points (x from the left, y from the top) from left to right; a stroke for each part that isn't interrupted."""
    beat: tuple[float, float, float, float]
    """Left, upper, right and lower edge of what the model was shown as one beat."""


@dataclass(frozen=True, slots=True)
class SaliencyMap:
    """Where in a picture the evidence for a class lies; covers exactly the picture that was sent, upright."""

    beat_class: BeatClass
    """The class that the evidence is for."""
    values: tuple[tuple[float, ...], ...]
    """Rows from the top, each from the left; 0 (none) to 1 (the strongest in this picture)."""
    png: bytes
    """The same as an 8-bit grey PNG in the proportions of the picture; 255 is the strongest evidence."""
    trace: Trace | None = None
    """What was read of the picture; None where no line was found, and where the model does not read by the ink."""
    classification: Classification | None = None
    """What the model says of the picture; None where the server didn't tell."""


class UnknownClass(ValueError):  # noqa: N818 - reads as what happened
    """The model has no class of that short name."""
