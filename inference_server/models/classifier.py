"""The transport-free heart: bytes of a picture in, classification out. What gRPC, the command line and tests call."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ecg.pictures.canonical import Pixels
from ecg.pictures.decoding import ImageLimits
from inference_server.classification import BeatClass, Classification, NotABeat, Trace, UnknownClass, Verdict
from inference_server.models.decision import decide
from inference_server.models.onnx_model import OnnxModel
from inference_server.models.read_trace import trace_over_picture
from inference_server.models.saliency import Saliency, over_picture


@dataclass(frozen=True, slots=True)
class Answer:
    """A classification and what it cost."""

    classification: Classification
    decode_seconds: float
    """From encoded bytes to the model's pixels."""
    inference_seconds: float
    """Running the model."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A classification and where in the picture the evidence for one class lies."""

    classification: Classification
    explained_class: BeatClass
    saliency: Saliency
    trace: Trace | None
    """What was read of the picture; None where no line was found, and where the model does not read by the ink."""


class Classifier:
    """Classifies pictures with one model version. Thread-safe; blocks while it works."""

    def __init__(self, model: OnnxModel, limits: ImageLimits | None = None) -> None:
        self.model = model
        self._limits = limits or ImageLimits()

    def classify(self, image: bytes, *, lead: str = "") -> Answer:
        """Classify one encoded PNG or JPEG picture of one beat.

        Args:
            lead: canonical name of the lead that it was recorded in (:func:`ecg.leads.resolve`); empty where nobody
                knows. The answer is judged by what is known of the model's answers in it.

        Raises:
            ImageError: the picture can't be used.
        """
        begun = time.perf_counter()
        view = self.model.input.view(image, self._limits)
        decoded = time.perf_counter()
        classification = _classify(self.model, view.pixels, view.reason, view.beats, lead)
        return Answer(
            classification=classification,
            decode_seconds=decoded - begun,
            inference_seconds=time.perf_counter() - decoded,
        )

    def classify_pixels(self, pixels: Pixels, *, lead: str = "") -> list[Answer]:
        """Classify the model's own pixels, ``uint8`` ``[N, H, W, C]``, one picture after the other.

        ``lead`` of all of them, as :meth:`classify`.
        """
        answers = []
        for picture in pixels:
            begun = time.perf_counter()
            classification = _classify(self.model, picture, lead=lead)
            seconds = time.perf_counter() - begun
            answers.append(Answer(classification=classification, decode_seconds=0.0, inference_seconds=seconds))
        return answers

    def explain(self, image: bytes, *, beat_class: str | None = None, lead: str = "") -> Explanation:
        """Classify one picture and show the evidence for the class ``beat_class`` (default: the most probable).

        ``lead`` as :meth:`classify`.

        Raises:
            UnknownClass: the model does not have ``beat_class``.
            ImageError: the picture can't be used.
        """
        info = self.model.info
        shorts = [beat_class.short for beat_class in info.classes]
        if beat_class and beat_class not in shorts:
            raise UnknownClass(f"The model has no class {beat_class!r}; it has {', '.join(shorts)}.")
        view = self.model.input.view(image, self._limits)
        classification = _classify(self.model, view.pixels, view.reason, view.beats, lead)
        index = shorts.index(beat_class or classification.beat_class.short)
        activation = self.model.activation_maps(view.pixels[None])[0, :, :, index]
        return Explanation(
            classification=classification,
            explained_class=info.classes[index],
            saliency=over_picture(
                activation, view.size, height=info.input_height, width=info.input_width, place=view.place
            ),
            trace=trace_over_picture(view, height=info.input_height, width=info.input_width),
        )


def _classify(
    model: OnnxModel, pixels: Pixels, reason: NotABeat | None = None, beats: int = 0, lead: str = ""
) -> Classification:
    """What the model says of its pixels; ``reason`` is why they are not one beat, whatever it says."""
    scores = model.run(pixels[None])
    probabilities: list[float] = scores.probabilities[0].tolist()
    thresholds = model.thresholds_in(lead) if lead else model.thresholds
    decision = decide(probabilities, float(scores.ood_score[0]), thresholds)
    if reason is None and decision.verdict is Verdict.NOT_A_BEAT:
        reason = NotABeat.UNFAMILIAR
    classes = model.info.classes
    return Classification(
        beat_class=classes[decision.top],
        probability=probabilities[decision.top],
        probabilities=tuple(zip(classes, probabilities, strict=True)),
        verdict=decision.verdict if reason is None else Verdict.NOT_A_BEAT,
        prediction_set=tuple(classes[index] for index in decision.prediction_set),
        model_name=model.info.name,
        model_version=model.info.version,
        reason=reason,
        beats=beats,
        lead=lead,
        lead_knowledge=model.info.knowledge_of(lead) if lead else None,
    )
