from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BeatType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BEAT_TYPE_UNSPECIFIED: _ClassVar[BeatType]
    BEAT_TYPE_NORMAL: _ClassVar[BeatType]
    BEAT_TYPE_LBBB: _ClassVar[BeatType]
    BEAT_TYPE_RBBB: _ClassVar[BeatType]
    BEAT_TYPE_PAC: _ClassVar[BeatType]
    BEAT_TYPE_PVC: _ClassVar[BeatType]
    BEAT_TYPE_VF: _ClassVar[BeatType]
    BEAT_TYPE_PACED: _ClassVar[BeatType]
BEAT_TYPE_UNSPECIFIED: BeatType
BEAT_TYPE_NORMAL: BeatType
BEAT_TYPE_LBBB: BeatType
BEAT_TYPE_RBBB: BeatType
BEAT_TYPE_PAC: BeatType
BEAT_TYPE_PVC: BeatType
BEAT_TYPE_VF: BeatType
BEAT_TYPE_PACED: BeatType

class BeatClass(_message.Message):
    __slots__ = ("short_name", "display_name", "type")
    SHORT_NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    short_name: str
    display_name: str
    type: BeatType
    def __init__(self, short_name: _Optional[str] = ..., display_name: _Optional[str] = ..., type: _Optional[_Union[BeatType, str]] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("name", "version", "classes", "input_height", "input_width", "sha256", "training_run", "scores", "licence_notice", "profile", "input_channels", "reads_ink", "confident_answers", "lead_answers")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    INPUT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    INPUT_WIDTH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    TRAINING_RUN_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    LICENCE_NOTICE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    INPUT_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    READS_INK_FIELD_NUMBER: _ClassVar[int]
    CONFIDENT_ANSWERS_FIELD_NUMBER: _ClassVar[int]
    LEAD_ANSWERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    classes: _containers.RepeatedCompositeFieldContainer[BeatClass]
    input_height: int
    input_width: int
    sha256: str
    training_run: str
    scores: _containers.ScalarMap[str, float]
    licence_notice: str
    profile: TrainingProfile
    input_channels: int
    reads_ink: bool
    confident_answers: _containers.RepeatedCompositeFieldContainer[ConfidentAnswers]
    lead_answers: _containers.RepeatedCompositeFieldContainer[LeadAnswers]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., classes: _Optional[_Iterable[_Union[BeatClass, _Mapping]]] = ..., input_height: _Optional[int] = ..., input_width: _Optional[int] = ..., sha256: _Optional[str] = ..., training_run: _Optional[str] = ..., scores: _Optional[_Mapping[str, float]] = ..., licence_notice: _Optional[str] = ..., profile: _Optional[_Union[TrainingProfile, _Mapping]] = ..., input_channels: _Optional[int] = ..., reads_ink: _Optional[bool] = ..., confident_answers: _Optional[_Iterable[_Union[ConfidentAnswers, _Mapping]]] = ..., lead_answers: _Optional[_Iterable[_Union[LeadAnswers, _Mapping]]] = ...) -> None: ...

class ConfidentAnswers(_message.Message):
    __slots__ = ("classes", "people", "answers", "right", "right_by_person")
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    RIGHT_BY_PERSON_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[str]
    people: int
    answers: int
    right: float
    right_by_person: float
    def __init__(self, classes: _Optional[_Iterable[str]] = ..., people: _Optional[int] = ..., answers: _Optional[int] = ..., right: _Optional[float] = ..., right_by_person: _Optional[float] = ...) -> None: ...

class TrainingProfile(_message.Message):
    __slots__ = ("class_shares", "mean_confidence")
    class ClassSharesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CLASS_SHARES_FIELD_NUMBER: _ClassVar[int]
    MEAN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    class_shares: _containers.ScalarMap[str, float]
    mean_confidence: float
    def __init__(self, class_shares: _Optional[_Mapping[str, float]] = ..., mean_confidence: _Optional[float] = ...) -> None: ...

class LeadAnswers(_message.Message):
    __slots__ = ("leads", "learned", "confident_answers")
    LEADS_FIELD_NUMBER: _ClassVar[int]
    LEARNED_FIELD_NUMBER: _ClassVar[int]
    CONFIDENT_ANSWERS_FIELD_NUMBER: _ClassVar[int]
    leads: _containers.RepeatedScalarFieldContainer[str]
    learned: bool
    confident_answers: _containers.RepeatedCompositeFieldContainer[ConfidentAnswers]
    def __init__(self, leads: _Optional[_Iterable[str]] = ..., learned: _Optional[bool] = ..., confident_answers: _Optional[_Iterable[_Union[ConfidentAnswers, _Mapping]]] = ...) -> None: ...
