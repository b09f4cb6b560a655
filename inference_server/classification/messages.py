"""Between the domain's words and the wire's, in pairs: ``to_x`` makes a protobuf message, ``from_x`` reads one.

Both the servicers and the client use it, so it imports neither onnxruntime nor Pillow nor NumPy.
"""

from __future__ import annotations

from inference_server.classification import (
    BeatClass,
    Classification,
    ConfidentAnswers,
    LeadAnswers,
    LeadKnowledge,
    ModelInfo,
    NotABeat,
    SaliencyMap,
    Trace,
    TrainingProfile,
    Verdict,
)
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import model_pb2

_VERDICT_PREFIX = "VERDICT_"
_TYPE_PREFIX = "BEAT_TYPE_"
_REASON_PREFIX = "NOT_A_BEAT_REASON_"
_KNOWLEDGE_PREFIX = "LEAD_KNOWLEDGE_"
_VERDICTS: dict[Verdict, pb.Verdict] = {verdict: getattr(pb, _VERDICT_PREFIX + verdict) for verdict in Verdict}
_TYPES = frozenset(model_pb2.BeatType.keys())
_REASONS: dict[NotABeat, pb.NotABeatReason] = {reason: getattr(pb, _REASON_PREFIX + reason) for reason in NotABeat}
_REASONS_BY_VALUE: dict[int, NotABeat] = {value: reason for reason, value in _REASONS.items()}
_KNOWLEDGE: dict[LeadKnowledge, pb.LeadKnowledge] = {
    knowledge: getattr(pb, _KNOWLEDGE_PREFIX + knowledge) for knowledge in LeadKnowledge
}
_KNOWLEDGE_BY_VALUE: dict[int, LeadKnowledge] = {value: knowledge for knowledge, value in _KNOWLEDGE.items()}


def to_beat_class(beat_class: BeatClass) -> model_pb2.BeatClass:
    """A class of the model as a message; its enum value where the wire has one for it."""
    name = _TYPE_PREFIX + beat_class.short
    return model_pb2.BeatClass(
        short_name=beat_class.short,
        display_name=beat_class.name,
        type=name if name in _TYPES else model_pb2.BEAT_TYPE_UNSPECIFIED,
    )


def from_beat_class(message: model_pb2.BeatClass) -> BeatClass:
    """The class that a message names."""
    return BeatClass(short=message.short_name, name=message.display_name)


def to_classification(classification: Classification) -> pb.Classification:
    """A classification as a message."""
    return pb.Classification(
        beat_class=to_beat_class(classification.beat_class),
        probability=classification.probability,
        probabilities=[
            pb.ClassProbability(beat_class=to_beat_class(beat_class), probability=probability)
            for beat_class, probability in classification.probabilities
        ],
        verdict=_VERDICT_PREFIX + classification.verdict,
        prediction_set=[to_beat_class(beat_class) for beat_class in classification.prediction_set],
        model_name=classification.model_name,
        model_version=classification.model_version,
        not_a_beat_reason=_REASONS[classification.reason] if classification.reason else None,
        beats=classification.beats,
        lead=classification.lead,
        lead_knowledge=_KNOWLEDGE[classification.lead_knowledge] if classification.lead_knowledge else None,
    )


class Answers:
    """``ClassifyImageResponse`` for the answers of one model, with what they all share made once.

    :func:`to_classification` says the same, in five times the time.
    """

    def __init__(self, info: ModelInfo) -> None:
        self._classes = {beat_class: to_beat_class(beat_class) for beat_class in info.classes}
        self._shared = pb.Classification(
            probabilities=[pb.ClassProbability(beat_class=beat_class) for beat_class in self._classes.values()],
            model_name=info.name,
            model_version=info.version,
        )

    def response(
        self, classification: Classification, *, queue: float, decode: float, inference: float
    ) -> pb.ClassifyImageResponse:
        """The response to one picture; times in seconds."""
        response = pb.ClassifyImageResponse(classification=self._shared)
        message = response.classification
        message.beat_class.CopyFrom(self._classes[classification.beat_class])
        message.probability = classification.probability
        for entry, (_, probability) in zip(message.probabilities, classification.probabilities, strict=True):
            entry.probability = probability
        message.verdict = _VERDICTS[classification.verdict]
        message.prediction_set.extend([self._classes[plausible] for plausible in classification.prediction_set])
        if classification.reason:
            message.not_a_beat_reason = _REASONS[classification.reason]
            message.beats = classification.beats
        if classification.lead_knowledge:
            message.lead = classification.lead
            message.lead_knowledge = _KNOWLEDGE[classification.lead_knowledge]
        timing = response.timing
        for duration, seconds in ((timing.queue, queue), (timing.decode, decode), (timing.inference, inference)):
            duration.seconds, duration.nanos = divmod(int(seconds * 1e9), 1_000_000_000)
        return response


def from_classification(message: pb.Classification) -> Classification:
    """The classification in a message.

    Raises:
        ValueError: the message has a verdict that this program does not know.
    """
    return Classification(
        beat_class=from_beat_class(message.beat_class),
        probability=message.probability,
        probabilities=tuple((from_beat_class(entry.beat_class), entry.probability) for entry in message.probabilities),
        verdict=Verdict(pb.Verdict.Name(message.verdict).removeprefix(_VERDICT_PREFIX)),
        prediction_set=tuple(from_beat_class(beat_class) for beat_class in message.prediction_set),
        model_name=message.model_name,
        model_version=message.model_version,
        reason=_REASONS_BY_VALUE.get(message.not_a_beat_reason),  # None for one that this program does not know
        beats=message.beats,
        lead=message.lead,
        lead_knowledge=_KNOWLEDGE_BY_VALUE.get(message.lead_knowledge),
    )


def to_model(info: ModelInfo) -> model_pb2.Model:
    """A model version's description as a message."""
    return model_pb2.Model(
        name=info.name,
        version=info.version,
        classes=[to_beat_class(beat_class) for beat_class in info.classes],
        input_height=info.input_height,
        input_width=info.input_width,
        input_channels=info.input_channels,
        sha256=info.digest,
        training_run=info.training_run,
        scores=info.scores,
        licence_notice=info.licence_notice,
        profile=None
        if info.profile is None
        else model_pb2.TrainingProfile(
            class_shares=info.profile.class_shares, mean_confidence=info.profile.mean_confidence
        ),
        reads_ink=info.reads_ink,
        confident_answers=[to_confident_answers(group) for group in info.confident_answers],
        lead_answers=[to_lead_answers(answers) for answers in info.lead_answers],
    )


def from_model(message: model_pb2.Model) -> ModelInfo:
    """The description of a model version in a message."""
    return ModelInfo(
        name=message.name,
        version=message.version,
        classes=tuple(from_beat_class(beat_class) for beat_class in message.classes),
        input_height=message.input_height,
        input_width=message.input_width,
        input_channels=message.input_channels or 1,  # servers before there were others
        digest=message.sha256,
        training_run=message.training_run,
        scores=dict(message.scores),
        licence_notice=message.licence_notice,
        profile=TrainingProfile(dict(message.profile.class_shares), message.profile.mean_confidence)
        if message.HasField("profile")
        else None,
        reads_ink=message.reads_ink,
        confident_answers=tuple(from_confident_answers(group) for group in message.confident_answers),
        lead_answers=tuple(from_lead_answers(answers) for answers in message.lead_answers),
    )


def to_confident_answers(group: ConfidentAnswers) -> model_pb2.ConfidentAnswers:
    """How often the confident answers of a group are right, as a message."""
    return model_pb2.ConfidentAnswers(
        classes=group.classes,
        people=group.people,
        answers=group.answers,
        right=group.right,
        right_by_person=group.right_by_person,
    )


def from_confident_answers(message: model_pb2.ConfidentAnswers) -> ConfidentAnswers:
    """How often the confident answers of a group are right, in a message."""
    return ConfidentAnswers(
        classes=tuple(message.classes),
        people=message.people,
        answers=message.answers,
        right=message.right,
        right_by_person=message.right_by_person,
    )


def to_lead_answers(answers: LeadAnswers) -> model_pb2.LeadAnswers:
    """What is known of some leads, as a message."""
    return model_pb2.LeadAnswers(
        leads=answers.leads,
        learned=answers.learned,
        confident_answers=[to_confident_answers(group) for group in answers.confident_answers],
    )


def from_lead_answers(message: model_pb2.LeadAnswers) -> LeadAnswers:
    """What is known of some leads, in a message."""
    return LeadAnswers(
        leads=tuple(message.leads),
        learned=message.learned,
        confident_answers=tuple(from_confident_answers(group) for group in message.confident_answers),
    )


def to_trace(trace: Trace) -> pb.Trace:
    """The line that was found, as a message."""
    left, top, right, bottom = trace.beat
    return pb.Trace(
        strokes=[pb.Stroke(x=[x for x, _ in stroke], y=[y for _, y in stroke]) for stroke in trace.strokes],
        beat=pb.Box(left=left, top=top, right=right, bottom=bottom),
    )


def from_trace(message: pb.Trace) -> Trace:
    """The line in a message."""
    beat = message.beat
    return Trace(
        strokes=tuple(tuple(zip(stroke.x, stroke.y, strict=False)) for stroke in message.strokes),
        beat=(beat.left, beat.top, beat.right, beat.bottom),
    )


def from_explanation(message: pb.ExplainImageResponse) -> SaliencyMap:
    """The saliency map in a message."""
    columns = message.saliency.columns
    values = message.saliency.values
    return SaliencyMap(
        beat_class=from_beat_class(message.explained_class),
        values=tuple(tuple(values[start : start + columns]) for start in range(0, len(values), columns)),
        png=message.saliency.png,
        trace=from_trace(message.trace) if message.HasField("trace") else None,
        classification=from_classification(message.classification) if message.HasField("classification") else None,
    )
