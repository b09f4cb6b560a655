import datetime

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as _arrhythmia_pb2
from inference_server.generated.ecg.v1 import model_pb2 as _model_pb2
from inference_server.generated.ecg.v1 import model_pb2 as _model_pb2_1
from inference_server.generated.ecg.v1 import rhythm_pb2 as _rhythm_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SampleEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAMPLE_ENCODING_UNSPECIFIED: _ClassVar[SampleEncoding]
    SAMPLE_ENCODING_FLOAT32: _ClassVar[SampleEncoding]
    SAMPLE_ENCODING_INT16: _ClassVar[SampleEncoding]
    SAMPLE_ENCODING_INT32: _ClassVar[SampleEncoding]

class EpisodeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EPISODE_KIND_UNSPECIFIED: _ClassVar[EpisodeKind]
    EPISODE_KIND_ATRIAL_FIBRILLATION: _ClassVar[EpisodeKind]
    EPISODE_KIND_VENTRICULAR_FIBRILLATION: _ClassVar[EpisodeKind]
    EPISODE_KIND_VENTRICULAR_RUN: _ClassVar[EpisodeKind]
    EPISODE_KIND_SUPRAVENTRICULAR_RUN: _ClassVar[EpisodeKind]
    EPISODE_KIND_BIGEMINY: _ClassVar[EpisodeKind]
    EPISODE_KIND_TRIGEMINY: _ClassVar[EpisodeKind]
    EPISODE_KIND_TACHYCARDIA: _ClassVar[EpisodeKind]
    EPISODE_KIND_BRADYCARDIA: _ClassVar[EpisodeKind]
    EPISODE_KIND_PAUSE: _ClassVar[EpisodeKind]
SAMPLE_ENCODING_UNSPECIFIED: SampleEncoding
SAMPLE_ENCODING_FLOAT32: SampleEncoding
SAMPLE_ENCODING_INT16: SampleEncoding
SAMPLE_ENCODING_INT32: SampleEncoding
EPISODE_KIND_UNSPECIFIED: EpisodeKind
EPISODE_KIND_ATRIAL_FIBRILLATION: EpisodeKind
EPISODE_KIND_VENTRICULAR_FIBRILLATION: EpisodeKind
EPISODE_KIND_VENTRICULAR_RUN: EpisodeKind
EPISODE_KIND_SUPRAVENTRICULAR_RUN: EpisodeKind
EPISODE_KIND_BIGEMINY: EpisodeKind
EPISODE_KIND_TRIGEMINY: EpisodeKind
EPISODE_KIND_TACHYCARDIA: EpisodeKind
EPISODE_KIND_BRADYCARDIA: EpisodeKind
EPISODE_KIND_PAUSE: EpisodeKind

class AnalyzeRecordingRequest(_message.Message):
    __slots__ = ("header", "block", "checkpoint")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    header: RecordingHeader
    block: SampleBlock
    checkpoint: RecordingCheckpoint
    def __init__(self, header: _Optional[_Union[RecordingHeader, _Mapping]] = ..., block: _Optional[_Union[SampleBlock, _Mapping]] = ..., checkpoint: _Optional[_Union[RecordingCheckpoint, _Mapping]] = ...) -> None: ...

class RecordingHeader(_message.Message):
    __slots__ = ("rate", "leads", "encoding", "samples", "start", "model_version", "settings", "checkpoints")
    RATE_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINTS_FIELD_NUMBER: _ClassVar[int]
    rate: float
    leads: _containers.RepeatedCompositeFieldContainer[RecordingLead]
    encoding: SampleEncoding
    samples: int
    start: _timestamp_pb2.Timestamp
    model_version: str
    settings: _rhythm_pb2.RhythmSettings
    checkpoints: bool
    def __init__(self, rate: _Optional[float] = ..., leads: _Optional[_Iterable[_Union[RecordingLead, _Mapping]]] = ..., encoding: _Optional[_Union[SampleEncoding, str]] = ..., samples: _Optional[int] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., model_version: _Optional[str] = ..., settings: _Optional[_Union[_rhythm_pb2.RhythmSettings, _Mapping]] = ..., checkpoints: _Optional[bool] = ...) -> None: ...

class RecordingLead(_message.Message):
    __slots__ = ("name", "millivolts_per_unit", "offset_millivolts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MILLIVOLTS_PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_MILLIVOLTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    millivolts_per_unit: float
    offset_millivolts: float
    def __init__(self, name: _Optional[str] = ..., millivolts_per_unit: _Optional[float] = ..., offset_millivolts: _Optional[float] = ...) -> None: ...

class SampleBlock(_message.Message):
    __slots__ = ("first_sample", "values")
    FIRST_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    first_sample: int
    values: bytes
    def __init__(self, first_sample: _Optional[int] = ..., values: _Optional[bytes] = ...) -> None: ...

class AnalyzeRecordingResponse(_message.Message):
    __slots__ = ("accepted", "progress", "quality", "beats", "family", "episodes", "summary", "checkpoint")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    EPISODES_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    accepted: RecordingAccepted
    progress: RecordingProgress
    quality: SignalQuality
    beats: Beats
    family: FamilyPart
    episodes: Episodes
    summary: RecordingSummary
    checkpoint: RecordingCheckpoint
    def __init__(self, accepted: _Optional[_Union[RecordingAccepted, _Mapping]] = ..., progress: _Optional[_Union[RecordingProgress, _Mapping]] = ..., quality: _Optional[_Union[SignalQuality, _Mapping]] = ..., beats: _Optional[_Union[Beats, _Mapping]] = ..., family: _Optional[_Union[FamilyPart, _Mapping]] = ..., episodes: _Optional[_Union[Episodes, _Mapping]] = ..., summary: _Optional[_Union[RecordingSummary, _Mapping]] = ..., checkpoint: _Optional[_Union[RecordingCheckpoint, _Mapping]] = ...) -> None: ...

class RecordingCheckpoint(_message.Message):
    __slots__ = ("segment", "next_sample", "state")
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    NEXT_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    segment: int
    next_sample: int
    state: bytes
    def __init__(self, segment: _Optional[int] = ..., next_sample: _Optional[int] = ..., state: _Optional[bytes] = ...) -> None: ...

class RecordingAccepted(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2_1.Model
    def __init__(self, model: _Optional[_Union[_model_pb2_1.Model, _Mapping]] = ...) -> None: ...

class RecordingProgress(_message.Message):
    __slots__ = ("samples",)
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    samples: int
    def __init__(self, samples: _Optional[int] = ...) -> None: ...

class SignalQuality(_message.Message):
    __slots__ = ("first_second", "faults", "atrial")
    FIRST_SECOND_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    ATRIAL_FIELD_NUMBER: _ClassVar[int]
    first_second: int
    faults: _containers.RepeatedScalarFieldContainer[bytes]
    atrial: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, first_second: _Optional[int] = ..., faults: _Optional[_Iterable[bytes]] = ..., atrial: _Optional[_Iterable[float]] = ...) -> None: ...

class Beats(_message.Message):
    __slots__ = ("samples", "classes", "probabilities", "verdicts", "plausible", "peaks", "odd")
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    PLAUSIBLE_FIELD_NUMBER: _ClassVar[int]
    PEAKS_FIELD_NUMBER: _ClassVar[int]
    ODD_FIELD_NUMBER: _ClassVar[int]
    samples: _containers.RepeatedScalarFieldContainer[int]
    classes: _containers.RepeatedScalarFieldContainer[int]
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    verdicts: _containers.RepeatedScalarFieldContainer[_arrhythmia_pb2.Verdict]
    plausible: _containers.RepeatedScalarFieldContainer[int]
    peaks: _containers.RepeatedScalarFieldContainer[int]
    odd: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, samples: _Optional[_Iterable[int]] = ..., classes: _Optional[_Iterable[int]] = ..., probabilities: _Optional[_Iterable[float]] = ..., verdicts: _Optional[_Iterable[_Union[_arrhythmia_pb2.Verdict, str]]] = ..., plausible: _Optional[_Iterable[int]] = ..., peaks: _Optional[_Iterable[int]] = ..., odd: _Optional[_Iterable[bool]] = ...) -> None: ...

class FamilyPart(_message.Message):
    __slots__ = ("family", "early", "typical", "members")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    EARLY_FIELD_NUMBER: _ClassVar[int]
    TYPICAL_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    family: int
    early: bool
    typical: int
    members: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, family: _Optional[int] = ..., early: _Optional[bool] = ..., typical: _Optional[int] = ..., members: _Optional[_Iterable[int]] = ...) -> None: ...

class Episodes(_message.Message):
    __slots__ = ("episodes",)
    EPISODES_FIELD_NUMBER: _ClassVar[int]
    episodes: _containers.RepeatedCompositeFieldContainer[Episode]
    def __init__(self, episodes: _Optional[_Iterable[_Union[Episode, _Mapping]]] = ...) -> None: ...

class Episode(_message.Message):
    __slots__ = ("kind", "begin", "end", "beats", "rate")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    kind: EpisodeKind
    begin: float
    end: float
    beats: int
    rate: float
    def __init__(self, kind: _Optional[_Union[EpisodeKind, str]] = ..., begin: _Optional[float] = ..., end: _Optional[float] = ..., beats: _Optional[int] = ..., rate: _Optional[float] = ...) -> None: ...

class RecordingSummary(_message.Message):
    __slots__ = ("beats", "fibrillating", "measures")
    BEATS_FIELD_NUMBER: _ClassVar[int]
    FIBRILLATING_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    beats: int
    fibrillating: _containers.RepeatedCompositeFieldContainer[BeatRange]
    measures: _rhythm_pb2.Measures
    def __init__(self, beats: _Optional[int] = ..., fibrillating: _Optional[_Iterable[_Union[BeatRange, _Mapping]]] = ..., measures: _Optional[_Union[_rhythm_pb2.Measures, _Mapping]] = ...) -> None: ...

class BeatRange(_message.Message):
    __slots__ = ("first", "end")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    first: int
    end: int
    def __init__(self, first: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...
