import datetime

from inference_server.generated.ecg.v1 import model_pb2 as _model_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union
from inference_server.generated.ecg.v1.model_pb2 import BeatClass as BeatClass
from inference_server.generated.ecg.v1.model_pb2 import Model as Model
from inference_server.generated.ecg.v1.model_pb2 import ConfidentAnswers as ConfidentAnswers
from inference_server.generated.ecg.v1.model_pb2 import TrainingProfile as TrainingProfile
from inference_server.generated.ecg.v1.model_pb2 import LeadAnswers as LeadAnswers
from inference_server.generated.ecg.v1.model_pb2 import BeatType as BeatType

DESCRIPTOR: _descriptor.FileDescriptor
BEAT_TYPE_UNSPECIFIED: _model_pb2.BeatType
BEAT_TYPE_NORMAL: _model_pb2.BeatType
BEAT_TYPE_LBBB: _model_pb2.BeatType
BEAT_TYPE_RBBB: _model_pb2.BeatType
BEAT_TYPE_PAC: _model_pb2.BeatType
BEAT_TYPE_PVC: _model_pb2.BeatType
BEAT_TYPE_VF: _model_pb2.BeatType
BEAT_TYPE_PACED: _model_pb2.BeatType

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_CONFIDENT: _ClassVar[Verdict]
    VERDICT_UNCERTAIN: _ClassVar[Verdict]
    VERDICT_NOT_A_BEAT: _ClassVar[Verdict]

class LeadKnowledge(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEAD_KNOWLEDGE_UNSPECIFIED: _ClassVar[LeadKnowledge]
    LEAD_KNOWLEDGE_LEARNED: _ClassVar[LeadKnowledge]
    LEAD_KNOWLEDGE_MEASURED: _ClassVar[LeadKnowledge]
    LEAD_KNOWLEDGE_NONE: _ClassVar[LeadKnowledge]

class NotABeatReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOT_A_BEAT_REASON_UNSPECIFIED: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_BLANK: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_NO_LINE: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_SEVERAL_LINES: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_SEVERAL_BEATS: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_SPECTROGRAM: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_PHOTOGRAPH: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_NOT_A_TRACE: _ClassVar[NotABeatReason]
    NOT_A_BEAT_REASON_UNFAMILIAR: _ClassVar[NotABeatReason]
VERDICT_UNSPECIFIED: Verdict
VERDICT_CONFIDENT: Verdict
VERDICT_UNCERTAIN: Verdict
VERDICT_NOT_A_BEAT: Verdict
LEAD_KNOWLEDGE_UNSPECIFIED: LeadKnowledge
LEAD_KNOWLEDGE_LEARNED: LeadKnowledge
LEAD_KNOWLEDGE_MEASURED: LeadKnowledge
LEAD_KNOWLEDGE_NONE: LeadKnowledge
NOT_A_BEAT_REASON_UNSPECIFIED: NotABeatReason
NOT_A_BEAT_REASON_BLANK: NotABeatReason
NOT_A_BEAT_REASON_NO_LINE: NotABeatReason
NOT_A_BEAT_REASON_SEVERAL_LINES: NotABeatReason
NOT_A_BEAT_REASON_SEVERAL_BEATS: NotABeatReason
NOT_A_BEAT_REASON_SPECTROGRAM: NotABeatReason
NOT_A_BEAT_REASON_PHOTOGRAPH: NotABeatReason
NOT_A_BEAT_REASON_NOT_A_TRACE: NotABeatReason
NOT_A_BEAT_REASON_UNFAMILIAR: NotABeatReason

class ClassifyImageRequest(_message.Message):
    __slots__ = ("image", "model_version", "lead")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    model_version: str
    lead: str
    def __init__(self, image: _Optional[bytes] = ..., model_version: _Optional[str] = ..., lead: _Optional[str] = ...) -> None: ...

class ClassifyImageResponse(_message.Message):
    __slots__ = ("classification", "timing")
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    classification: Classification
    timing: ServerTiming
    def __init__(self, classification: _Optional[_Union[Classification, _Mapping]] = ..., timing: _Optional[_Union[ServerTiming, _Mapping]] = ...) -> None: ...

class BatchClassifyImagesRequest(_message.Message):
    __slots__ = ("images", "model_version", "lead")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedScalarFieldContainer[bytes]
    model_version: str
    lead: str
    def __init__(self, images: _Optional[_Iterable[bytes]] = ..., model_version: _Optional[str] = ..., lead: _Optional[str] = ...) -> None: ...

class BatchClassifyImagesResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ImageResult]
    def __init__(self, results: _Optional[_Iterable[_Union[ImageResult, _Mapping]]] = ...) -> None: ...

class ImageResult(_message.Message):
    __slots__ = ("classification", "error", "timing")
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    classification: Classification
    error: _status_pb2.Status
    timing: ServerTiming
    def __init__(self, classification: _Optional[_Union[Classification, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., timing: _Optional[_Union[ServerTiming, _Mapping]] = ...) -> None: ...

class StreamClassifyImagesRequest(_message.Message):
    __slots__ = ("key", "image", "model_version", "lead")
    KEY_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    key: str
    image: bytes
    model_version: str
    lead: str
    def __init__(self, key: _Optional[str] = ..., image: _Optional[bytes] = ..., model_version: _Optional[str] = ..., lead: _Optional[str] = ...) -> None: ...

class StreamClassifyImagesResponse(_message.Message):
    __slots__ = ("key", "result")
    KEY_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    key: str
    result: ImageResult
    def __init__(self, key: _Optional[str] = ..., result: _Optional[_Union[ImageResult, _Mapping]] = ...) -> None: ...

class ExplainImageRequest(_message.Message):
    __slots__ = ("image", "model_version", "beat_class", "lead")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    BEAT_CLASS_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    model_version: str
    beat_class: str
    lead: str
    def __init__(self, image: _Optional[bytes] = ..., model_version: _Optional[str] = ..., beat_class: _Optional[str] = ..., lead: _Optional[str] = ...) -> None: ...

class ExplainImageResponse(_message.Message):
    __slots__ = ("classification", "explained_class", "saliency", "trace")
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    EXPLAINED_CLASS_FIELD_NUMBER: _ClassVar[int]
    SALIENCY_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    classification: Classification
    explained_class: _model_pb2.BeatClass
    saliency: SaliencyMap
    trace: Trace
    def __init__(self, classification: _Optional[_Union[Classification, _Mapping]] = ..., explained_class: _Optional[_Union[_model_pb2.BeatClass, _Mapping]] = ..., saliency: _Optional[_Union[SaliencyMap, _Mapping]] = ..., trace: _Optional[_Union[Trace, _Mapping]] = ...) -> None: ...

class Trace(_message.Message):
    __slots__ = ("strokes", "beat")
    STROKES_FIELD_NUMBER: _ClassVar[int]
    BEAT_FIELD_NUMBER: _ClassVar[int]
    strokes: _containers.RepeatedCompositeFieldContainer[Stroke]
    beat: Box
    def __init__(self, strokes: _Optional[_Iterable[_Union[Stroke, _Mapping]]] = ..., beat: _Optional[_Union[Box, _Mapping]] = ...) -> None: ...

class Stroke(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: _containers.RepeatedScalarFieldContainer[float]
    y: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, x: _Optional[_Iterable[float]] = ..., y: _Optional[_Iterable[float]] = ...) -> None: ...

class Box(_message.Message):
    __slots__ = ("left", "top", "right", "bottom")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    left: float
    top: float
    right: float
    bottom: float
    def __init__(self, left: _Optional[float] = ..., top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ...) -> None: ...

class SaliencyMap(_message.Message):
    __slots__ = ("rows", "columns", "values", "png")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PNG_FIELD_NUMBER: _ClassVar[int]
    rows: int
    columns: int
    values: _containers.RepeatedScalarFieldContainer[float]
    png: bytes
    def __init__(self, rows: _Optional[int] = ..., columns: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ..., png: _Optional[bytes] = ...) -> None: ...

class Classification(_message.Message):
    __slots__ = ("beat_class", "probability", "probabilities", "verdict", "prediction_set", "model_name", "model_version", "not_a_beat_reason", "beats", "lead", "lead_knowledge")
    BEAT_CLASS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_SET_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    NOT_A_BEAT_REASON_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    LEAD_KNOWLEDGE_FIELD_NUMBER: _ClassVar[int]
    beat_class: _model_pb2.BeatClass
    probability: float
    probabilities: _containers.RepeatedCompositeFieldContainer[ClassProbability]
    verdict: Verdict
    prediction_set: _containers.RepeatedCompositeFieldContainer[_model_pb2.BeatClass]
    model_name: str
    model_version: str
    not_a_beat_reason: NotABeatReason
    beats: int
    lead: str
    lead_knowledge: LeadKnowledge
    def __init__(self, beat_class: _Optional[_Union[_model_pb2.BeatClass, _Mapping]] = ..., probability: _Optional[float] = ..., probabilities: _Optional[_Iterable[_Union[ClassProbability, _Mapping]]] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., prediction_set: _Optional[_Iterable[_Union[_model_pb2.BeatClass, _Mapping]]] = ..., model_name: _Optional[str] = ..., model_version: _Optional[str] = ..., not_a_beat_reason: _Optional[_Union[NotABeatReason, str]] = ..., beats: _Optional[int] = ..., lead: _Optional[str] = ..., lead_knowledge: _Optional[_Union[LeadKnowledge, str]] = ...) -> None: ...

class ClassProbability(_message.Message):
    __slots__ = ("beat_class", "probability")
    BEAT_CLASS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    beat_class: _model_pb2.BeatClass
    probability: float
    def __init__(self, beat_class: _Optional[_Union[_model_pb2.BeatClass, _Mapping]] = ..., probability: _Optional[float] = ...) -> None: ...

class ServerTiming(_message.Message):
    __slots__ = ("queue", "decode", "inference")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    DECODE_FIELD_NUMBER: _ClassVar[int]
    INFERENCE_FIELD_NUMBER: _ClassVar[int]
    queue: _duration_pb2.Duration
    decode: _duration_pb2.Duration
    inference: _duration_pb2.Duration
    def __init__(self, queue: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., decode: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., inference: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ("version", "name")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    version: str
    name: str
    def __init__(self, version: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.Model
    def __init__(self, model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models", "default_version", "recording_models", "default_recording_version")
    MODELS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VERSION_FIELD_NUMBER: _ClassVar[int]
    RECORDING_MODELS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RECORDING_VERSION_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[_model_pb2.Model]
    default_version: str
    recording_models: _containers.RepeatedCompositeFieldContainer[_model_pb2.Model]
    default_recording_version: str
    def __init__(self, models: _Optional[_Iterable[_Union[_model_pb2.Model, _Mapping]]] = ..., default_version: _Optional[str] = ..., recording_models: _Optional[_Iterable[_Union[_model_pb2.Model, _Mapping]]] = ..., default_recording_version: _Optional[str] = ...) -> None: ...
