"""The transport-free heart: bytes of a picture in, classification out. What gRPC, the command line and tests call."""

from __future__ import annotations

import time
from dataclasses import dataclass

from inference_server.classification import BeatClass, Classification, ModelInfo
from inference_server.decision import decide
from inference_server.images import ImageLimits, Pixels, canonical, decode, to_pixels
from inference_server.model_repository import ModelRepository
from inference_server.onnx_model import OnnxModel
from inference_server.saliency import Saliency, over_picture


@dataclass(frozen=True, slots=True)
class Answer:
    """A classification and what it cost."""

    classification: Classification
    decode_seconds: float
    """From encoded bytes to canonical pixels."""
    inference_seconds: float
    """Running the model."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A classification and where in the picture the evidence for one class lies."""

    classification: Classification
    explained_class: BeatClass
    saliency: Saliency


class UnknownClass(ValueError):  # noqa: N818 - reads as what happened
    """The model has no class of that short name."""


class Classifier:
    """Classifies pictures with the versions that a repository has in service. Thread-safe; blocks while it works."""

    def __init__(self, repository: ModelRepository, limits: ImageLimits | None = None) -> None:
        self._repository = repository
        self.limits = limits or ImageLimits()

    def classify(self, image: bytes, *, version: str | None = None) -> Answer:
        """Classify one encoded PNG or JPEG picture of one beat.

        Raises:
            ImageError: the picture can't be used.
            NoModelLoaded: there is nothing to classify with.
            ModelNotFound: ``version`` is not in service.
        """
        model = self._repository.get(version)
        begun = time.perf_counter()
        pixels = to_pixels(image, height=model.info.input_height, width=model.info.input_width, limits=self.limits)
        decoded = time.perf_counter()
        classification = _classify(model, pixels)
        return Answer(
            classification=classification,
            decode_seconds=decoded - begun,
            inference_seconds=time.perf_counter() - decoded,
        )

    def classify_pixels(self, pixels: Pixels, *, version: str | None = None) -> list[Answer]:
        """Classify canonical pixels, ``uint8`` ``[N, H, W, 1]`` of the model's size, one picture after the other.

        Raises:
            NoModelLoaded, ModelNotFound: as :meth:`classify`.
        """
        model = self._repository.get(version)
        answers = []
        for picture in pixels:
            begun = time.perf_counter()
            classification = _classify(model, picture)
            seconds = time.perf_counter() - begun
            answers.append(Answer(classification=classification, decode_seconds=0.0, inference_seconds=seconds))
        return answers

    def explain(self, image: bytes, *, version: str | None = None, beat_class: str | None = None) -> Explanation:
        """Classify one picture and show the evidence for the class ``beat_class`` (default: the most probable).

        Raises:
            UnknownClass: the model does not have ``beat_class``.
            ImageError, NoModelLoaded, ModelNotFound: as :meth:`classify`.
        """
        model = self._repository.get(version)
        info = model.info
        shorts = [each.short for each in info.classes]
        if beat_class and beat_class not in shorts:
            raise UnknownClass(f"The model has no class {beat_class!r}; it has {', '.join(shorts)}.")
        picture = decode(image, self.limits)
        pixels = canonical(picture, height=info.input_height, width=info.input_width)
        classification = _classify(model, pixels)
        index = shorts.index(beat_class or classification.beat_class.short)
        activation = model.activation_maps(pixels[None])[0, :, :, index]
        return Explanation(
            classification=classification,
            explained_class=info.classes[index],
            saliency=over_picture(activation, picture.size, height=info.input_height, width=info.input_width),
        )

    def models(self) -> tuple[ModelInfo, ...]:
        """The versions in service, oldest first."""
        return tuple(model.info for model in self._repository.loaded())

    def model(self, version: str | None = None) -> ModelInfo:
        """Describe ``version``, or the version that answers callers who name none.

        Raises:
            NoModelLoaded: nothing is in service.
            ModelNotFound: ``version`` is not in service.
        """
        return self._repository.get(version).info


def _classify(model: OnnxModel, pixels: Pixels) -> Classification:
    scores = model.run(pixels[None])
    probabilities: list[float] = scores.probabilities[0].tolist()
    decision = decide(probabilities, float(scores.distance[0]), model.thresholds)
    classes = model.info.classes
    return Classification(
        beat_class=classes[decision.top],
        probability=probabilities[decision.top],
        probabilities=tuple(zip(classes, probabilities, strict=True)),
        verdict=decision.verdict,
        prediction_set=tuple(classes[index] for index in decision.prediction_set),
        model_name=model.info.name,
        model_version=model.info.version,
    )
