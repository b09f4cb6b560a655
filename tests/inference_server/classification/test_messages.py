from __future__ import annotations

import pytest

from inference_server.classification import (
    BeatClass,
    Classification,
    ConfidentAnswers,
    LeadAnswers,
    LeadKnowledge,
    ModelInfo,
    NotABeat,
    Trace,
    TrainingProfile,
    Verdict,
    messages,
)
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import model_pb2

PVC = BeatClass("PVC", "Premature Ventricular Contraction")
OWN = BeatClass("GALLOP", "A class that the wire does not know")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_classification_survives_the_wire(verdict: Verdict) -> None:
    classification = Classification(PVC, 0.75, ((OWN, 0.25), (PVC, 0.75)), verdict, (PVC, OWN), "arrhythmia", "12")
    wire = pb.Classification.FromString(messages.to_classification(classification).SerializeToString())
    assert messages.from_classification(wire) == classification


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_answers_of_a_model_say_the_same_as_single_classifications(verdict: Verdict) -> None:
    info = ModelInfo("arrhythmia", "12", (OWN, PVC), 64, 96, "ab" * 32, "run", {}, "CC-BY")
    answers = messages.Answers(info)
    for probability, plausible in ((0.75, (PVC, OWN)), (0.0, (OWN,))):
        classification = Classification(
            PVC, probability, ((OWN, 1 - probability), (PVC, probability)), verdict, plausible, "arrhythmia", "12"
        )
        response = answers.response(classification, queue=1.5, decode=0.25, inference=0.0)
        assert response.classification == messages.to_classification(classification)
        timing = response.timing
        assert [duration.ToNanoseconds() for duration in (timing.queue, timing.decode, timing.inference)] == [
            1_500_000_000,
            250_000_000,
            0,
        ]


@pytest.mark.parametrize("reason", list(NotABeat))
def test_why_a_picture_is_no_beat_survives_the_wire(reason: NotABeat) -> None:
    info = ModelInfo("arrhythmia", "12", (PVC,), 64, 96, "ab" * 32, "run", {}, "CC-BY")
    beats = 7 if reason is NotABeat.SEVERAL_BEATS else 0
    no_beat = Classification(
        PVC, 1.0, ((PVC, 1.0),), Verdict.NOT_A_BEAT, (PVC,), "arrhythmia", "12", reason=reason, beats=beats
    )
    message = messages.to_classification(no_beat)
    assert pb.NotABeatReason.Name(message.not_a_beat_reason) == f"NOT_A_BEAT_REASON_{reason}"
    assert messages.from_classification(pb.Classification.FromString(message.SerializeToString())) == no_beat
    answered = messages.Answers(info).response(no_beat, queue=0.0, decode=0.0, inference=0.0)
    assert answered.classification == message


def test_older_servers_say_no_reason_and_newer_ones_one_that_is_not_known_here() -> None:
    message = pb.Classification(verdict="VERDICT_NOT_A_BEAT")
    assert messages.from_classification(message).reason is None
    message.not_a_beat_reason = 99  # type: ignore[assignment]
    assert messages.from_classification(message).reason is None


@pytest.mark.parametrize("knowledge", list(LeadKnowledge))
def test_the_lead_that_was_named_survives_the_wire(knowledge: LeadKnowledge) -> None:
    info = ModelInfo("arrhythmia", "12", (PVC,), 64, 96, "ab" * 32, "run", {}, "CC-BY")
    in_lead = Classification(
        *(PVC, 1.0, ((PVC, 1.0),), Verdict.UNCERTAIN, (PVC,), "arrhythmia", "12"), lead="V1", lead_knowledge=knowledge
    )
    message = messages.to_classification(in_lead)
    assert pb.LeadKnowledge.Name(message.lead_knowledge) == f"LEAD_KNOWLEDGE_{knowledge}"
    assert messages.from_classification(pb.Classification.FromString(message.SerializeToString())) == in_lead
    assert messages.Answers(info).response(in_lead, queue=0.0, decode=0.0, inference=0.0).classification == message


def test_a_model_survives_the_wire() -> None:
    info = ModelInfo("arrhythmia", "2", (PVC, OWN), 64, 96, "ab" * 32, "run", {"inter-patient/macro_f1": 0.5}, "CC-BY")
    assert messages.from_model(model_pb2.Model.FromString(messages.to_model(info).SerializeToString())) == info


def test_a_models_training_profile_survives_the_wire() -> None:
    profile = TrainingProfile({"PVC": 0.25, "GALLOP": 0.75}, 0.9)
    info = ModelInfo("arrhythmia", "2", (PVC, OWN), 64, 96, "ab" * 32, "run", {}, "CC-BY", profile)
    assert messages.from_model(model_pb2.Model.FromString(messages.to_model(info).SerializeToString())) == info


def test_what_a_model_says_of_its_confident_answers_and_of_its_reading_survives_the_wire() -> None:
    groups = (ConfidentAnswers(("PVC",), 153, 4100, 0.99, 0.985), ConfidentAnswers(("GALLOP", "PVC"), 9, 12, 1.0, 1.0))
    info = ModelInfo(
        "arrhythmia", "5", (PVC, OWN), 64, 96, "ab" * 32, "run", {}, "CC-BY", reads_ink=True, confident_answers=groups
    )
    assert messages.from_model(model_pb2.Model.FromString(messages.to_model(info).SerializeToString())) == info


def test_what_a_model_says_of_leads_survives_the_wire() -> None:
    known = (
        LeadAnswers(("II",), True, (ConfidentAnswers(("PVC",), 153, 4100, 0.99, 0.985),)),
        LeadAnswers(("V1", "V2"), False, ()),
    )
    info = ModelInfo("arrhythmia", "5", (PVC, OWN), 64, 96, "ab" * 32, "run", {}, "CC-BY", lead_answers=known)
    assert messages.from_model(model_pb2.Model.FromString(messages.to_model(info).SerializeToString())) == info
    knowledge = [info.knowledge_of(lead) for lead in ("II", "MLII", "V2", "aVR")]
    assert knowledge == [LeadKnowledge.LEARNED, LeadKnowledge.LEARNED, LeadKnowledge.MEASURED, LeadKnowledge.NONE]


def test_the_line_that_was_read_survives_the_wire_and_older_servers_send_none() -> None:
    trace = Trace((((0.0, 0.5), (0.25, 0.125)), ((0.5, 1.0),)), (0.0, 0.25, 1.0, 0.75))
    message = pb.ExplainImageResponse(explained_class=messages.to_beat_class(PVC))
    message.saliency.columns = 1
    assert messages.from_explanation(message).trace is None
    message.trace.CopyFrom(messages.to_trace(trace))
    assert messages.from_explanation(pb.ExplainImageResponse.FromString(message.SerializeToString())).trace == trace


def test_an_unknown_class_has_a_name_but_no_enum_value() -> None:
    assert messages.to_beat_class(PVC).type == model_pb2.BEAT_TYPE_PVC
    assert messages.to_beat_class(OWN).type == model_pb2.BEAT_TYPE_UNSPECIFIED


def test_a_verdict_from_a_newer_server_is_an_error() -> None:
    with pytest.raises(ValueError, match="UNSPECIFIED"):
        messages.from_classification(pb.Classification())
