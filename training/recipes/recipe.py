"""The recipe: what people write to say how networks are trained, one YAML file for each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ecg.classes import CLASS_SETS
from training.databases.divisions import OUT_OF_FOLD_GROUPS
from training.recipes import protocols
from training.recipes.protocols import PROTOCOLS, SYNTHETIC

#: What runs are called: their folders and files are, too.
NAME = r"^[a-z0-9][a-z0-9.-]*$"

#: What layers compute in.
Precision = Literal["float32", "bfloat16"]

#: Databases, synthetic recordings made of them, and databases of more people.
SourceName = Literal[
    "mitdb",
    "edited",
    "blocked",
    "vfdb",
    "ptbxl",
    "ptbxl-turned",
    "ptbxl-blocked",
    "ptbxl-all",
    "cpsc2018",
    "ludb",
    "qtdb",
    "ecgiddb",
]

#: What fields, and values of fields, were called in files that earlier versions wrote.
_FORMER_FIELDS = {
    "made_fraction": "synthetic_fraction",
    "chained": "snapshot_ensemble",
    "balance": "prior_correction",
    "neighbours": "cross_fold_networks",
    "others": "other_networks",
}
_FORMER_VALUES: dict[tuple[object, str], str] = {
    ("validation", "everybody"): "out-of-fold",
    ("network", "seed"): "course_cnn",
}


class Recipe(BaseModel):
    """Everything that people decide about a training run; the data lie elsewhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    class_set: Literal["six", "seven", "eight", "aami"] = "seven"
    representation: Literal["trace", "ink", "spectrogram", "context"] = "trace"
    network: Literal["columns", "course_cnn", "residual", "rhythm"] = "residual"
    sources: tuple[SourceName, ...] = Field(default=("mitdb",), min_length=1)
    """Databases whose beats take part; those of :data:`SYNTHETIC` come from the training partitions of two."""
    protocol: Annotated[str, AfterValidator(lambda name: protocols.named(name).name)] = "beats-10fold"
    """A name in :data:`training.recipes.protocols.PROTOCOLS`."""
    fold: int = Field(default=0, ge=0, le=9)
    """The test tenth (``beats-10fold``), whose people test (``people-5fold``, 0 to 4), or the half that never trains
    (``beats-half``, 0 or 1)."""
    held_out: str = ""
    """The test person (``leave-one-patient-out``)."""
    start_from: str = ""
    """Name of a finished run whose weights training starts from; ``crossval`` puts the fold for ``{fold}`` in it and
    the member for ``{member}``."""
    leads: Literal["all", "alike", "primary"] = "all"
    """Which leads train: all of them, those in which beats look alike (:mod:`training.datasets.lead_groups`), or the
    primary one. Validation shows the primary one, and so does test but in ``people-5fold``."""
    seed: int = 20_260
    members: int = Field(default=1, ge=1, le=8)
    """How many networks an ensemble has, whose calibrated probabilities are averaged (``crossval``). Each has first
    weights and an order of beats of its own and validates on another part of the training partition."""
    validation: Literal["ordinary", "out-of-fold"] = "ordinary"
    """Whom the members of ``inter-patient`` validate on: with ``ordinary`` no carriers of rare classes, too few to give
    any away; with ``out-of-fold`` each person of the training partition validates for one of four members, or two of
    eight."""
    snapshot_ensemble: bool = False
    """Each member goes on from the weights of the one before it, the first from ``start_from``, with the learning rate
    raised again. They validate on the same part, and the start predicts too (snapshot ensemble, Huang et al. 2017)."""
    generations: int = Field(default=1, ge=1, le=4)
    """So many networks are trained one after the other, each of which learns from those before it as well
    (:mod:`training.learning.teaching`); the last one is the run's."""
    epochs: int = Field(default=12, ge=1)
    """Of each generation."""
    batch_size: int = Field(default=64, ge=1)
    precision: Precision = "float32"
    """What training computes in; weights, and all that a trained network computes, are float32 with either. bfloat16 is
    faster where the processor has instructions for it (AVX-512 BF16, AMX)."""
    learning_rate: float = Field(default=1.5e-3, gt=0)
    """Peak of a cosine schedule with a short warm-up."""
    weight_decay: float = Field(default=1e-3, ge=0)
    beats_per_patient_class_and_lead: int = Field(default=200, ge=1)
    """At most this many beats of one person, class and lead in one epoch; drawn anew each epoch."""
    beats_per_class: int | dict[str, int] = 0
    """If not 0: an epoch has this many beats of each class instead, or so many of each that is named by its short name;
    recordings are weighed by the root of their beats."""
    synthetic_fraction: float | None = Field(default=None, ge=0, le=1)
    """With ``beats_per_class``: how many beats of a class that has both are synthetic ones (:data:`SYNTHETIC`). By
    default synthetic recordings are weighed as those of people are."""
    augmented_fraction: float = Field(default=0.5, ge=0, le=1)
    """How many of an epoch's pictures are augmented ones."""
    trees: int = Field(default=0, ge=0, le=300)
    """So many boosted trees of each class stand beside the network, on numbers of the line
    (:mod:`training.learning.picture_trees`)."""
    jitter: int = Field(default=0, ge=0, le=8)
    """Each batch is moved by up to this many canonical pixels, down or up and right or left."""
    keep: Literal["best", "last"] = "best"
    """Which epoch's weights are the run's: the best one by macro-F1 on the validation partition, or the last one. Where
    few people validate and rare classes not at all, the best one is best by chance."""

    @property
    def divided_by(self) -> protocols.Protocol:
        """The protocol itself."""
        return PROTOCOLS[self.protocol]

    @property
    def epochs_of_all(self) -> int:
        """How many epochs one member has, those of its generations together."""
        return self.epochs * self.generations

    @property
    def out_of_fold(self) -> bool:
        """Whether each person of the training partition validates for some member."""
        return self.validation == "out-of-fold"

    @model_validator(mode="before")
    @classmethod
    def _read_former_names(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        renamed = {
            name if _FORMER_FIELDS.get(name) in fields else _FORMER_FIELDS.get(name, name): value
            for name, value in fields.items()
        }
        return {
            name: _FORMER_VALUES.get((name, value), value) if isinstance(value, str) else value
            for name, value in renamed.items()
        }

    @model_validator(mode="after")
    def _the_fold_exists(self) -> Recipe:
        if self.divided_by.folds > 1 and self.fold >= self.divided_by.folds:
            raise ValueError(f"{self.protocol} has the folds 0 to {self.divided_by.folds - 1}, not {self.fold}")
        return self

    @model_validator(mode="after")
    def _drawn_classes_exist(self) -> Recipe:
        drawn = self.beats_per_class
        numbers = list(drawn.values()) if isinstance(drawn, dict) else [drawn]
        if min(numbers, default=0) < 0 or (isinstance(drawn, dict) and sum(numbers) == 0):
            raise ValueError("beats_per_class must not be negative, and an epoch needs beats")
        shorts = {beat_class.short for beat_class in CLASS_SETS[self.class_set]}
        unknown = set(drawn if isinstance(drawn, dict) else ()) - shorts
        if unknown:
            raise ValueError(f"beats_per_class names classes that are not in {self.class_set}: {', '.join(unknown)}")
        if self.synthetic_fraction is not None and not drawn:
            raise ValueError("synthetic_fraction divides the beats of a class: set beats_per_class as well")
        return self

    @model_validator(mode="after")
    def _members_validate_on_different_parts(self) -> Recipe:
        if self.members > 1 and not self.snapshot_ensemble:
            if not self.divided_by.members_validate_apart:
                raise ValueError(
                    f"members of {self.protocol} would all validate on the same part; set snapshot_ensemble"
                )
            if self.members > len(OUT_OF_FOLD_GROUPS) and not self.out_of_fold:
                raise ValueError(f"more than {len(OUT_OF_FOLD_GROUPS)} members would validate on the same parts twice")
            if self.start_from and "{member}" not in self.start_from:
                raise ValueError(
                    "members that start from one run would validate on what it has learned; write {member} in"
                    " start_from, or set snapshot_ensemble"
                )
        return self

    @model_validator(mode="after")
    def _out_of_fold_needs_as_many_members(self) -> Recipe:
        if self.out_of_fold and (not self.divided_by.validates_out_of_fold or self.members % len(OUT_OF_FOLD_GROUPS)):
            fitting = " or ".join(name for name, protocol in PROTOCOLS.items() if protocol.validates_out_of_fold)
            raise ValueError(
                f"validation out-of-fold is only with {fitting} and {len(OUT_OF_FOLD_GROUPS)} members, or twice as many"
            )
        return self

    @model_validator(mode="after")
    def _a_snapshot_ensemble_needs_a_start(self) -> Recipe:
        if self.snapshot_ensemble and (not self.start_from or "{member}" in self.start_from):
            raise ValueError("a snapshot ensemble needs one run to start from: set start_from")
        return self

    @model_validator(mode="after")
    def _generations_begin_anew(self) -> Recipe:
        if self.generations > 1 and self.start_from:
            raise ValueError("each generation begins anew: leave out start_from or generations")
        return self

    @model_validator(mode="after")
    def _synthetic_recordings_need_a_division_by_person(self) -> Recipe:
        if (SYNTHETIC - self.divided_by.synthetic) & set(self.sources):
            raise ValueError("a synthetic beat would train where the one it was computed from tests: divide by person")
        return self
