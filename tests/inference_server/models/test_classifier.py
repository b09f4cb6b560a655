from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason
from inference_server.classification import LeadKnowledge, Verdict
from inference_server.models.classifier import Classifier
from inference_server.models.onnx_model import OnnxModel
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import CLASSES, write_model


def classifier(repository: Path, limits: ImageLimits | None = None) -> Classifier:
    return Classifier(OnnxModel.load(repository / "arrhythmia" / "1"), limits)


@pytest.mark.parametrize("classes", [6, 7, 8])
def test_models_of_any_class_list_classify(tmp_path: Path, classes: int) -> None:
    write_model(tmp_path, classes=classes)
    heart = classifier(tmp_path)
    for band in range(classes):
        answer = heart.classify(picture(band, classes=classes)).classification
        assert (answer.beat_class.short, answer.beat_class.name) == CLASSES[band]
        assert answer.verdict is Verdict.CONFIDENT
        assert [beat_class.short for beat_class in answer.prediction_set] == [CLASSES[band][0]]
        assert [beat_class.short for beat_class, _ in answer.probabilities] == [short for short, _ in CLASSES[:classes]]
        assert sum(probability for _, probability in answer.probabilities) == pytest.approx(1, abs=1e-5)
        assert answer.probability == max(probability for _, probability in answer.probabilities)
        assert (answer.model_name, answer.model_version) == ("arrhythmia", "1")


def test_blank_paper_is_uncertain_about_every_class(models: Path) -> None:
    answer = classifier(models).classify(picture(ink="white")).classification
    assert answer.verdict is Verdict.UNCERTAIN
    assert len(answer.prediction_set) == 7


def test_what_is_unlike_training_beats_is_no_beat(tmp_path: Path) -> None:
    write_model(tmp_path, max_distance=0.5)
    assert classifier(tmp_path).classify(picture()).classification.verdict is Verdict.NOT_A_BEAT


def test_where_the_time_went_is_told(models: Path) -> None:
    answer = classifier(models).classify(picture())
    assert answer.decode_seconds > 0
    assert answer.inference_seconds > 0


def test_limits_reach_the_decoder(models: Path) -> None:
    with pytest.raises(ImageError) as caught:
        classifier(models, ImageLimits(max_bytes=10)).classify(picture())
    assert caught.value.reason is ImageReason.TOO_LARGE


def test_an_answer_is_judged_by_what_is_known_of_the_lead(tmp_path: Path) -> None:
    known = [{"leads": ["II"], "learned": True, "confident_answers": []}]
    write_model(tmp_path, metadata={"lead_answers": json.dumps(known)})
    heart = classifier(tmp_path)
    plain = heart.classify(picture(4)).classification
    assert (plain.verdict, plain.lead, plain.lead_knowledge) == (Verdict.CONFIDENT, "", None)
    learned = heart.classify(picture(4), lead="MLII").classification
    assert learned == replace(plain, lead="MLII", lead_knowledge=LeadKnowledge.LEARNED)
    unknown = heart.classify(picture(4), lead="aVR").classification
    assert (unknown.verdict, unknown.lead_knowledge) == (Verdict.UNCERTAIN, LeadKnowledge.NONE)
    assert unknown.probabilities == plain.probabilities
    assert heart.explain(picture(4), lead="aVR").classification == unknown
