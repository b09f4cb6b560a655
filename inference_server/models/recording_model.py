"""A version of the model for recordings: one ONNX file that says what it reads and how it decides.

Metadata of the format ``beatlens-recording/1``: ``name``, ``classes`` (``short`` and ``name`` each), ``arrays`` (names
of the graph's inputs), ``features`` (the names of :data:`ecg.features.stream.FEATURES`, in order), ``decision``
(``min_probability`` and ``min_confidence`` of each class, ``groups``), ``training_run``, ``data_digest``, ``scores``,
``licence``; and where answers are adapted to each recording, ``shares`` of the classes where it was calibrated
(:mod:`inference_server.models.recording_course`), and ``second_look``, the rule by which a beat is seen beside the
others (:meth:`inference_server.models.second_look.Rule.as_stated`). Inputs are any of :data:`ARRAYS`, float32 as
:func:`ecg.features.stream.beat_blocks` gives them, ``nan`` where unknown; the numbers of beats and of leads are free.
The output is ``probabilities`` ``[N, C]``, calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from ecg.beats import WINDOW_AFTER, WINDOW_BEFORE
from ecg.features.arrival import ARRIVAL
from ecg.features.conduction import CONDUCTION
from ecg.features.reach import STRIP_REACH
from ecg.features.stream import FEATURES, INTERVALS, BeatBlock
from inference_server.classification import BeatClass, ModelInfo
from inference_server.models.decision import Thresholds
from inference_server.models.model_files import MODEL_FILE, ModelError, ModelFiles, ReadFromFiles
from inference_server.models.onnx_session import first_line, open_session, read_metadata
from inference_server.models.recording_course import Course, CourseRule, by_course
from inference_server.models.second_look import Rule
from inference_server.models.stated_decision import StatedClass, StatedDecision, thresholds_of

FORMAT: Final = "beatlens-recording/1"

_WINDOW: Final = WINDOW_BEFORE + WINDOW_AFTER
ARRAYS: Final[dict[str, tuple[int | None, ...]]] = {
    "windows": (None, None, _WINDOW),
    "usual": (None, None, _WINDOW),
    "difference": (None, None, _WINDOW),
    "strip": (None, None, 2 * STRIP_REACH),
    "intervals": (None, 2 * INTERVALS),
    "features": (None, len(FEATURES)),
    "arrival": (None, len(ARRIVAL)),
    "conduction": (None, len(CONDUCTION)),
    "leads": (None, None),
}
"""What a graph may take, and its shape: beats, leads where there are any, values."""

_JSON_VALUES: Final = ("classes", "arrays", "features", "decision", "scores", "shares", "second_look")

#: Shares are rounded, and add up to 1 within this.
_ROUNDING: Final = 1e-3

#: Beats that are put through the graph at once: a busy block has some hundred.
_BATCH: Final = 256

Floats = NDArray[np.float32]


class _Metadata(BaseModel):
    """``metadata_props`` of the ONNX file, its JSON values decoded."""

    model_config = ConfigDict(extra="ignore")

    format: str
    name: str
    classes: list[StatedClass] = Field(min_length=2)
    arrays: list[str] = Field(min_length=1)
    features: list[str]
    decision: StatedDecision
    training_run: str
    data_digest: str
    scores: dict[str, float]
    licence: str
    shares: dict[str, Annotated[float, Field(gt=0, le=1)]] | None = None
    second_look: dict[str, dict[str, list[FiniteFloat]]] | None = None


class RecordingModel(ReadFromFiles):
    """One version in memory. Thread-safe."""

    def __init__(
        self,
        *,
        info: ModelInfo,
        arrays: tuple[str, ...],
        thresholds: Thresholds,
        course: CourseRule | None,
        session: onnxruntime.InferenceSession,
    ) -> None:
        self.info = info
        self.arrays = arrays
        self.thresholds = thresholds
        self._course = course
        self._session = session

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """See :meth:`ReadFromFiles.from_files`."""
        session = open_session(files.content)
        metadata = read_metadata(session, _Metadata, expected=FORMAT, json_values=_JSON_VALUES)
        thresholds = thresholds_of([kind.short for kind in metadata.classes], metadata.decision, max_ood_score=np.inf)
        _check_tensors(session, metadata)
        info = ModelInfo(
            name=metadata.name,
            version=files.version,
            classes=tuple(BeatClass(short=kind.short, name=kind.name) for kind in metadata.classes),
            input_height=0,
            input_width=0,
            digest=files.digest,
            training_run=metadata.training_run,
            scores=metadata.scores,
            licence_notice=metadata.licence,
        )
        model = cls(
            info=info,
            arrays=tuple(metadata.arrays),
            thresholds=thresholds,
            course=_course(metadata),
            session=session,
        )
        model._warm_up()
        return model

    def probabilities(self, block: BeatBlock) -> Floats:
        """Classify the beats of a block: ``float32`` ``[n, C]``."""
        if not len(block):
            return np.empty((0, len(self.info.classes)), np.float32)
        arrays = arrays_of(block, self.arrays)
        parts = range(0, len(block), _BATCH)
        return np.concatenate(
            [self._run({name: values[part : part + _BATCH] for name, values in arrays.items()}) for part in parts]
        )

    def of_recording(self, probabilities: Floats, course: Course) -> Floats:
        """What :meth:`probabilities` said of all beats of a recording or a long part of it, ``[n, C]``, by their
        course, where the file says so.
        """
        if self._course is None:
            return probabilities
        return by_course(probabilities, course, [kind.short for kind in self.info.classes], self._course)

    def _run(self, arrays: dict[str, Floats]) -> Floats:
        probabilities: Floats
        (probabilities,) = self._session.run(["probabilities"], arrays)
        return probabilities

    def _warm_up(self) -> None:
        """Run once for one lead and for three, a beat of which nothing is known, and check what comes out."""
        classes = len(self.info.classes)
        for leads in (1, 3):
            nothing = {name: _nothing_known(name, leads) for name in self.arrays}
            try:
                probabilities = self._run(nothing)
            except Exception as error:
                raise ModelError(f"{MODEL_FILE} does not run: {first_line(error)}") from error
            if probabilities.shape != (1, classes):
                raise ModelError(f"{MODEL_FILE} answers with shape {probabilities.shape}; expected (1, {classes}).")
            if not np.isfinite(probabilities).all() or abs(float(probabilities.sum()) - 1) > 1e-3:
                raise ModelError(f"{MODEL_FILE} answers with probabilities that do not add up to 1.")


def _course(metadata: _Metadata) -> CourseRule | None:
    if metadata.shares is None:
        return None
    shorts = [kind.short for kind in metadata.classes]
    if set(metadata.shares) != set(shorts) or abs(sum(metadata.shares.values()) - 1) > _ROUNDING:
        raise ModelError(f"{MODEL_FILE}: metadata shares must be of {', '.join(shorts)} and add up to 1.")
    shares = tuple(metadata.shares[short] for short in shorts)
    if metadata.second_look is None:
        return CourseRule(shares)
    try:
        return CourseRule(shares, Rule.stated(metadata.second_look))
    except (KeyError, ValueError) as error:
        raise ModelError(f"{MODEL_FILE}: metadata second_look isn't a rule as this server has it: {error}.") from error


def _nothing_known(name: str, leads: int) -> Floats:
    """The array ``name`` of one beat of which nothing is known."""
    shape = ARRAYS[name]
    free = (1, leads)[: shape.count(None)]
    return np.full((*free, *(size for size in shape if size is not None)), np.nan, np.float32)


def arrays_of(block: BeatBlock, names: tuple[str, ...]) -> dict[str, Floats]:
    """The named arrays of :data:`ARRAYS` for the beats of a block that has some."""
    given = {
        "intervals": block.intervals,
        "features": block.features,
        "arrival": block.arrival,
        "conduction": block.conduction,
        "leads": np.tile(block.leads, (len(block), 1)),
    }
    beats = list(block.beats())
    return {
        name: np.ascontiguousarray(given[name] if name in given else np.stack([getattr(beat, name) for beat in beats]))
        for name in names
    }


def _check_tensors(session: onnxruntime.InferenceSession, metadata: _Metadata) -> None:
    if unknown := [name for name in metadata.arrays if name not in ARRAYS]:
        raise ModelError(f"{MODEL_FILE}: metadata arrays names {', '.join(unknown)}; there are {', '.join(ARRAYS)}.")
    if "features" in metadata.arrays and metadata.features != list(FEATURES):
        raise ModelError(f"{MODEL_FILE}: metadata features are not what this server measures, in this order.")
    inputs = {value.name: value for value in session.get_inputs()}
    if set(inputs) != set(metadata.arrays):
        raise ModelError(f"{MODEL_FILE}: metadata arrays are {metadata.arrays}, but the graph takes {sorted(inputs)}.")
    for name, value in inputs.items():
        if value.type != "tensor(float)" or not _fits(value.shape, ARRAYS[name]):
            shape = list(ARRAYS[name])
            raise ModelError(
                f"{MODEL_FILE}: {name} must be float32 {shape}, free where None; it is {value.type} {value.shape}."
            )
    outputs = {value.name: value for value in session.get_outputs() if value.type == "tensor(float)"}
    if "probabilities" not in outputs or len(outputs["probabilities"].shape) != 2:
        raise ModelError(f"{MODEL_FILE} lacks outputs: probabilities (float32, 2 axes).")


def _fits(stated: Sequence[int | str | None], wanted: tuple[int | None, ...]) -> bool:
    """Whether a graph's shape leaves free what must be free; others are checked by running."""
    return len(stated) == len(wanted) and all(
        not isinstance(size, int) or size == expected for size, expected in zip(stated, wanted, strict=True)
    )
