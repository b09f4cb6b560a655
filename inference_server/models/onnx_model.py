"""One loaded model version: an ONNX file that describes itself, checked against its digest, ready to run.

The contract between training and serving, format ``beatlens/1``:

===================  =======  ================  ==================================================================
input ``pixels``     uint8    [N, H, W, C]      canonical pixels (:mod:`ecg.pictures.canonical`), C = 1, or others
``probabilities``    float32  [N, C]            calibrated, each row adds up to 1
``distance``         float32  [N]               the OOD score: how unlike any training beat, larger is further
``activation_maps``  float32  [N, h, w, C]      class activation maps
===================  =======  ================  ==================================================================

``metadata_props`` has ``format``, ``name``, ``classes``, ``input``, ``decision``, ``training_run``, ``data_digest``,
``scores`` and ``licence``, and may have ``profile``, ``confident_answers`` (the fields of
:class:`inference_server.classification.ConfidentAnswers`, for each group of classes) and ``lead_answers`` (those of
:class:`inference_server.classification.LeadAnswers`, and ``decision`` where other thresholds hold in these leads);
``metadata.json`` beside the file has ``version`` and ``sha256``.
``decision`` has ``min_probability``, ``max_distance`` and may have ``min_confidence``, by the short names of classes;
with ``groups``, lists of classes that one picture can't tell apart, ``min_confidence`` is that of groups
(:mod:`inference_server.models.decision`).
``input`` has ``height``, ``width`` and ``channels``. With ``resample`` and ``colour`` the pixels are not canonical, but
made by these steps (:mod:`inference_server.models.pixels_as_sent`), as the program did that a model was imported from.
With ``reading`` = ``ink``, they are the beat that is read of the picture, redrawn (:mod:`ecg.pictures.ink`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ecg import leads
from ecg.pictures.canonical import Pixels
from inference_server.classification import BeatClass, ConfidentAnswers, LeadAnswers, ModelInfo, TrainingProfile
from inference_server.models.decision import Thresholds
from inference_server.models.model_files import MODEL_FILE, ModelFiles, ReadFromFiles
from inference_server.models.model_files import ModelError as ModelError  # what this module raises
from inference_server.models.model_input import ModelInput
from inference_server.models.onnx_session import first_line, open_session, read_metadata
from inference_server.models.pixels_as_sent import Colour, Resample, Steps
from inference_server.models.stated_decision import StatedClass, StatedDecision, thresholds_of

FORMAT: Final = "beatlens/1"

_INPUT: Final = ("pixels", "tensor(uint8)", 4)
_OUTPUTS: Final = {"probabilities": 2, "distance": 1, "activation_maps": 4}

Floats = NDArray[np.float32]


class _Input(BaseModel):
    # A step that this server does not know must not be left out.
    model_config = ConfigDict(extra="forbid")

    height: int = Field(ge=1, le=4096)
    width: int = Field(ge=1, le=4096)
    channels: int = Field(ge=1, le=3)
    resample: Resample | None = None
    colour: Colour | None = None
    reading: Literal["ink"] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.resample is None) != (self.colour is None):
            raise ValueError("resample and colour belong together")
        if self.reading is not None and self.colour is not None:
            raise ValueError("reading does not go with resample and colour")
        expected = 1 if self.colour is None else self.colour.channels
        if self.channels != expected:
            raise ValueError(f"input.channels is {self.channels}, {self.colour or 'canonical'} pixels have {expected}")
        return self

    def model_input(self) -> ModelInput:
        """The same for use."""
        steps = Steps(self.resample, self.colour) if self.resample and self.colour else None
        return ModelInput(self.height, self.width, self.channels, steps, by_ink=self.reading == "ink")


class _Decision(StatedDecision):
    max_distance: float


class _ConfidentAnswers(BaseModel):
    classes: list[str] = Field(min_length=1)
    people: int = Field(ge=1)
    answers: int = Field(ge=1)
    right: float = Field(ge=0, le=1)
    right_by_person: float = Field(ge=0, le=1)

    def shown(self) -> ConfidentAnswers:
        """The same for callers."""
        return ConfidentAnswers(tuple(self.classes), self.people, self.answers, self.right, self.right_by_person)


class _LeadAnswers(BaseModel):
    leads: list[str] = Field(min_length=1)
    learned: bool
    decision: StatedDecision | None = None
    confident_answers: list[_ConfidentAnswers]

    def shown(self) -> LeadAnswers:
        """The same for callers."""
        return LeadAnswers(tuple(self.leads), self.learned, tuple(group.shown() for group in self.confident_answers))


class _Metadata(BaseModel):
    """``metadata_props`` of the ONNX file, its JSON values decoded."""

    model_config = ConfigDict(extra="ignore")

    format: str
    name: str
    classes: list[StatedClass] = Field(min_length=2)
    input: _Input
    decision: _Decision
    training_run: str
    data_digest: str
    scores: dict[str, float]
    licence: str
    profile: TrainingProfile | None = None
    confident_answers: list[_ConfidentAnswers] = []
    lead_answers: list[_LeadAnswers] = []


_JSON_VALUES: Final = ("classes", "input", "decision", "scores", "profile", "confident_answers", "lead_answers")


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says about a batch of N pictures and C classes."""

    probabilities: Floats
    """Calibrated, ``[N, C]``."""
    ood_score: Floats
    """How unlike any training beat, ``[N]``; the larger the further out."""


class OnnxModel(ReadFromFiles):
    """One model version in memory. Thread-safe."""

    def __init__(
        self,
        *,
        info: ModelInfo,
        takes: ModelInput,
        thresholds: Thresholds,
        of_leads: Mapping[str, Thresholds],
        session: onnxruntime.InferenceSession,
    ) -> None:
        self.info = info
        self.input = takes
        self.thresholds = thresholds
        self._of_leads = of_leads
        self._session = session

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """See :meth:`ReadFromFiles.from_files`."""
        session = open_session(files.content)
        metadata = read_metadata(session, _Metadata, expected=FORMAT, json_values=_JSON_VALUES)
        thresholds = _thresholds(metadata, metadata.decision)
        _check_tensors(session, metadata)
        model = cls(
            info=ModelInfo(
                name=metadata.name,
                version=files.version,
                classes=tuple(
                    BeatClass(short=beat_class.short, name=beat_class.name) for beat_class in metadata.classes
                ),
                input_height=metadata.input.height,
                input_width=metadata.input.width,
                input_channels=metadata.input.channels,
                digest=files.digest,
                training_run=metadata.training_run,
                scores=metadata.scores,
                licence_notice=metadata.licence,
                profile=metadata.profile,
                reads_ink=metadata.input.reading == "ink",
                confident_answers=tuple(group.shown() for group in metadata.confident_answers),
                lead_answers=tuple(answers.shown() for answers in metadata.lead_answers),
            ),
            takes=metadata.input.model_input(),
            thresholds=thresholds,
            of_leads={
                lead: thresholds if answers.decision is None else _thresholds(metadata, answers.decision)
                for answers in metadata.lead_answers
                for lead in answers.leads
            },
            session=session,
        )
        model._warm_up()
        return model

    def thresholds_in(self, lead: str) -> Thresholds:
        """What holds for beats of a lead, by its canonical name; nothing is confident where the file tells nothing."""
        known = self._of_leads.get(leads.standard_of(lead))
        return self.thresholds.never_confident() if known is None else known

    def run(self, pixels: Pixels) -> Scores:
        """Classify a batch.

        Args:
            pixels: ``uint8`` ``[N, H, W, C]``, see :attr:`input`.
        """
        probabilities, ood_score = self._session.run(["probabilities", "distance"], {"pixels": pixels})
        return Scores(probabilities=probabilities, ood_score=ood_score)

    def activation_maps(self, pixels: Pixels) -> Floats:
        """Class activation maps of a batch: ``float32`` ``[N, h, w, C]``, larger where a class finds its evidence."""
        maps: Floats
        (maps,) = self._session.run(["activation_maps"], {"pixels": pixels})
        return maps

    def _warm_up(self) -> None:
        """Run once on white paper, so that the first caller does not pay for lazy set-up, and check what comes out."""
        pixels = np.full((1, self.input.height, self.input.width, self.input.channels), 255, dtype=np.uint8)
        try:
            scores = self.run(pixels)
        except Exception as error:
            raise ModelError(f"{MODEL_FILE} does not run: {first_line(error)}") from error
        classes = len(self.info.classes)
        if scores.probabilities.shape != (1, classes) or scores.ood_score.shape != (1,):
            raise ModelError(
                f"{MODEL_FILE} answers with shapes {scores.probabilities.shape} and {scores.ood_score.shape}; "
                f"expected (1, {classes}) and (1,)."
            )
        if not np.isfinite(scores.probabilities).all() or abs(float(scores.probabilities.sum()) - 1) > 1e-3:
            raise ModelError(f"{MODEL_FILE} answers with probabilities that do not add up to 1.")


def _thresholds(metadata: _Metadata, decision: StatedDecision) -> Thresholds:
    """What ``decision`` says, with the file's one limit to the OOD score."""
    shorts = [kind.short for kind in metadata.classes]
    return thresholds_of(shorts, decision, max_ood_score=metadata.decision.max_distance)


def _check_tensors(session: onnxruntime.InferenceSession, metadata: _Metadata) -> None:
    name, kind, rank = _INPUT
    inputs = session.get_inputs()
    if [(value.name, value.type, len(value.shape)) for value in inputs] != [(name, kind, rank)]:
        described = ", ".join(f"{value.name} {value.type}{value.shape}" for value in inputs)
        expected_shape = f"[N, H, W, {metadata.input.channels}]"
        raise ModelError(f"{MODEL_FILE} must take one input, {name} {kind} {expected_shape}; it takes {described}.")
    expected = [metadata.input.height, metadata.input.width, metadata.input.channels]
    shape = inputs[0].shape[1:]
    if any(isinstance(size, int) and size != wanted for size, wanted in zip(shape, expected, strict=True)):
        raise ModelError(f"{MODEL_FILE}: metadata input says {expected}, but the graph takes {shape}.")
    ranks = {output.name: len(output.shape) for output in session.get_outputs() if output.type == "tensor(float)"}
    missing = [output for output, rank in _OUTPUTS.items() if ranks.get(output) != rank]
    if missing:
        wanted = ", ".join(f"{output} (float32, {_OUTPUTS[output]} axes)" for output in missing)
        raise ModelError(f"{MODEL_FILE} lacks outputs: {wanted}.")
