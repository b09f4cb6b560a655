"""One YAML file describes one training run; the effective configuration is written beside the run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ecg.classes import CLASS_SETS
from training import TrainingError
from training.databases.divisions import EVERYBODY


class ConfigurationError(TrainingError):
    """The configuration file can't be read or has a wrong field."""


#: What runs are called: their folders and files are, too.
NAME = r"^[a-z0-9][a-z0-9.-]*$"

#: What layers compute in.
Precision = Literal["float32", "bfloat16"]

#: Sources that are made of others: edited, blocked, or seen along other axes. Of blocked beats the origin is known.
BLOCKED = frozenset({"blocked", "ptbxl-blocked"})
MADE = BLOCKED | {"edited", "ptbxl-turned"}


class RunConfig(BaseModel):
    """Everything that determines a training run, but for the data themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    class_set: Literal["six", "seven", "eight", "aami"] = "seven"
    representation: Literal["trace", "spectrogram", "context"] = "trace"
    network: Literal["columns", "residual", "rhythm", "seed"] = "residual"
    sources: tuple[Literal["mitdb", "edited", "blocked", "vfdb", "ptbxl", "ptbxl-turned", "ptbxl-blocked"], ...] = (
        Field(default=("mitdb",), min_length=1)
    )
    """Databases whose beats take part; those of :data:`MADE` are made of the training sides of two."""
    protocol: Literal[
        "beats-10fold", "beats-half", "chronological-70-30", "inter-patient", "leave-one-patient-out", "as-given"
    ] = "beats-10fold"
    fold: int = Field(default=0, ge=0, le=9)
    """The test tenth (``beats-10fold``), or the half that is not trained on (``beats-half``, 0 or 1)."""
    held_out: str = ""
    """The test person (``leave-one-patient-out``)."""
    start_from: str = ""
    """Name of a finished run whose weights training starts from; ``crossval`` puts the fold for ``{fold}`` in it and
    the member for ``{member}``."""
    leads: Literal["all", "primary"] = "all"
    """Which leads train; validation and test always show the primary one."""
    seed: int = 20_260
    members: int = Field(default=1, ge=1, le=8)
    """How many networks answer together, with the mean of their calibrated probabilities (``crossval``). Each has first
    weights and an order of beats of its own and validates on another part of the training side."""
    member: int = Field(default=0, ge=0, le=7)
    """Which of them this run is."""
    validation: Literal["ordinary", "everybody"] = "ordinary"
    """Whom the members of ``inter-patient`` validate on: with ``ordinary`` no carriers of rare classes, too few to give
    any away; with ``everybody`` each person of the training side validates for one of four members, or two of eight."""
    chained: bool = False
    """Each member goes on from the weights of the one before it, the first from ``start_from``, with the learning rate
    raised again. They validate on the same part, and the start answers too (snapshot ensemble, Huang et al. 2017)."""
    epochs: int = Field(default=12, ge=1)
    batch_size: int = Field(default=64, ge=1)
    precision: Precision = "float32"
    """What training computes in; weights, and all that a trained network answers, are float32 with either. bfloat16 is
    faster where the processor has instructions for it (AVX-512 BF16, AMX)."""
    learning_rate: float = Field(default=1.5e-3, gt=0)
    """Peak of a cosine schedule with a short warm-up."""
    weight_decay: float = Field(default=1e-3, ge=0)
    beats_per_patient_class_and_lead: int = Field(default=200, ge=1)
    """At most this many beats of one person, class and lead in one epoch; drawn anew each epoch."""
    beats_per_class: int | dict[str, int] = 0
    """If not 0: an epoch has this many beats of each class instead, or so many of each that is named by its short name;
    recordings are weighed by the root of their beats."""
    made_fraction: float | None = Field(default=None, ge=0, le=1)
    """With ``beats_per_class``: how many beats of a class that has both are made ones (:data:`MADE`). By default
    recordings made of others are weighed as those of people are."""
    augmented_fraction: float = Field(default=0.5, ge=0, le=1)
    """How many of an epoch's pictures are augmented ones."""
    jitter: int = Field(default=0, ge=0, le=8)
    """Each batch is moved by up to this many canonical pixels, down or up and right or left."""

    balance: float = Field(default=0, ge=0, le=1)
    """Not 0 where answers are decided towards equal sensitivity
    (:meth:`training.learning.predictions.Predictions.balanced`)."""
    neighbours: int = Field(default=0, ge=0)
    """How many networks of the fold that validates on these test beats answered as well
    (:func:`training.learning.cross_validation.with_neighbour`)."""
    others: int = Field(default=0, ge=0)
    """How many networks of other recipes answered as well (:func:`training.learning.predictions.across_recipes`)."""
    keep: Literal["best", "last"] = "best"
    """Which epoch's weights are the run's: the best one by macro-F1 on the validation side, or the last one. Where few
    people validate and rare classes not at all, the best one is best by chance."""

    @property
    def networks(self) -> int:
        """How many networks answer together."""
        return self.members + self.chained + self.neighbours + self.others

    @model_validator(mode="after")
    def _drawn_classes_exist(self) -> RunConfig:
        drawn = self.beats_per_class
        numbers = list(drawn.values()) if isinstance(drawn, dict) else [drawn]
        if min(numbers, default=0) < 0 or (isinstance(drawn, dict) and sum(numbers) == 0):
            raise ValueError("beats_per_class must not be negative, and an epoch needs beats")
        unknown = set(drawn if isinstance(drawn, dict) else ()) - {one.short for one in CLASS_SETS[self.class_set]}
        if unknown:
            raise ValueError(f"beats_per_class names classes that are not in {self.class_set}: {', '.join(unknown)}")
        if self.made_fraction is not None and not drawn:
            raise ValueError("made_fraction divides the beats of a class: set beats_per_class as well")
        return self

    @model_validator(mode="after")
    def _members_validate_on_different_parts(self) -> RunConfig:
        if self.member >= self.members:
            raise ValueError(f"there is no member {self.member} of {self.members}")
        if self.members > 1 and not self.chained:
            if self.protocol not in ("beats-10fold", "inter-patient"):
                raise ValueError(f"members of {self.protocol} would all validate on the same part; chain them")
            if self.members > len(EVERYBODY) and self.validation != "everybody":
                raise ValueError(f"more than {len(EVERYBODY)} members would validate on the same parts twice")
            if self.start_from and "{member}" not in self.start_from:
                raise ValueError(
                    "members that start from one run would validate on what it has learned; write {member} in"
                    " start_from, or chain them"
                )
        return self

    @model_validator(mode="after")
    def _everybody_validates_for_as_many(self) -> RunConfig:
        if self.validation == "everybody" and (self.protocol != "inter-patient" or self.members % len(EVERYBODY)):
            raise ValueError(
                f"everybody validates only with inter-patient and {len(EVERYBODY)} members, or twice as many"
            )
        return self

    @model_validator(mode="after")
    def _a_chain_needs_a_beginning(self) -> RunConfig:
        if self.chained and (not self.start_from or "{member}" in self.start_from):
            raise ValueError("chained members need one run to start from: set start_from")
        return self

    @model_validator(mode="after")
    def _edited_recordings_need_a_division_by_person(self) -> RunConfig:
        if self.protocol in ("inter-patient", "leave-one-patient-out"):
            return self
        known_origins = BLOCKED if self.protocol in ("beats-10fold", "beats-half") else frozenset()
        if (MADE - known_origins) & set(self.sources):
            raise ValueError("an edited beat would train where the one it was made of tests: divide by person")
        return self


def read(path: Path) -> RunConfig:
    """Read a run's YAML file.

    Raises:
        ConfigurationError: not readable, or a field is missing, unknown or out of range.
    """
    try:
        fields = yaml.safe_load(path.read_text())
        config = RunConfig.model_validate(fields)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if config.balance:
        raise ConfigurationError(f"{path}: balance belongs to a decision, not to training; see `compare --balance`")
    if config.neighbours:
        raise ConfigurationError(f"{path}: neighbours answer, they do not train; see `crossval --neighbours`")
    if config.others:
        raise ConfigurationError(f"{path}: others answer, they do not train; see `average`")
    return config


def write(config: RunConfig, path: Path) -> None:
    """Write the effective configuration, defaults included."""
    path.write_text(yaml.safe_dump(config.model_dump(), sort_keys=False))
