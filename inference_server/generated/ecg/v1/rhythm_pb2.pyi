from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RhythmSettings(_message.Message):
    __slots__ = ("rate_intervals", "tachycardia_rate", "bradycardia_rate", "rate_episode_seconds", "pauses_seconds", "run_beats", "long_run_beats", "ventricular_run_rate", "sustained_seconds", "alternation_cycles", "fibrillation_seconds", "fibrillation_window_seconds", "variability_segment_seconds", "variability_step_ms", "variability_seconds", "hourly_seconds")
    RATE_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    TACHYCARDIA_RATE_FIELD_NUMBER: _ClassVar[int]
    BRADYCARDIA_RATE_FIELD_NUMBER: _ClassVar[int]
    RATE_EPISODE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PAUSES_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RUN_BEATS_FIELD_NUMBER: _ClassVar[int]
    LONG_RUN_BEATS_FIELD_NUMBER: _ClassVar[int]
    VENTRICULAR_RUN_RATE_FIELD_NUMBER: _ClassVar[int]
    SUSTAINED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ALTERNATION_CYCLES_FIELD_NUMBER: _ClassVar[int]
    FIBRILLATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FIBRILLATION_WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VARIABILITY_SEGMENT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VARIABILITY_STEP_MS_FIELD_NUMBER: _ClassVar[int]
    VARIABILITY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HOURLY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    rate_intervals: int
    tachycardia_rate: float
    bradycardia_rate: float
    rate_episode_seconds: float
    pauses_seconds: _containers.RepeatedScalarFieldContainer[float]
    run_beats: int
    long_run_beats: int
    ventricular_run_rate: float
    sustained_seconds: float
    alternation_cycles: int
    fibrillation_seconds: float
    fibrillation_window_seconds: float
    variability_segment_seconds: float
    variability_step_ms: float
    variability_seconds: float
    hourly_seconds: float
    def __init__(self, rate_intervals: _Optional[int] = ..., tachycardia_rate: _Optional[float] = ..., bradycardia_rate: _Optional[float] = ..., rate_episode_seconds: _Optional[float] = ..., pauses_seconds: _Optional[_Iterable[float]] = ..., run_beats: _Optional[int] = ..., long_run_beats: _Optional[int] = ..., ventricular_run_rate: _Optional[float] = ..., sustained_seconds: _Optional[float] = ..., alternation_cycles: _Optional[int] = ..., fibrillation_seconds: _Optional[float] = ..., fibrillation_window_seconds: _Optional[float] = ..., variability_segment_seconds: _Optional[float] = ..., variability_step_ms: _Optional[float] = ..., variability_seconds: _Optional[float] = ..., hourly_seconds: _Optional[float] = ...) -> None: ...

class Measures(_message.Message):
    __slots__ = ("recorded_seconds", "analysable_seconds", "beats", "unclassified", "paced_share", "heart_rate", "pauses", "ventricular", "supraventricular", "bigeminy", "trigeminy", "atrial_fibrillation", "variability", "settings", "st", "too_short")
    RECORDED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ANALYSABLE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    UNCLASSIFIED_FIELD_NUMBER: _ClassVar[int]
    PACED_SHARE_FIELD_NUMBER: _ClassVar[int]
    HEART_RATE_FIELD_NUMBER: _ClassVar[int]
    PAUSES_FIELD_NUMBER: _ClassVar[int]
    VENTRICULAR_FIELD_NUMBER: _ClassVar[int]
    SUPRAVENTRICULAR_FIELD_NUMBER: _ClassVar[int]
    BIGEMINY_FIELD_NUMBER: _ClassVar[int]
    TRIGEMINY_FIELD_NUMBER: _ClassVar[int]
    ATRIAL_FIBRILLATION_FIELD_NUMBER: _ClassVar[int]
    VARIABILITY_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    ST_FIELD_NUMBER: _ClassVar[int]
    TOO_SHORT_FIELD_NUMBER: _ClassVar[int]
    recorded_seconds: float
    analysable_seconds: float
    beats: int
    unclassified: int
    paced_share: float
    heart_rate: HeartRate
    pauses: Pauses
    ventricular: Ectopy
    supraventricular: Ectopy
    bigeminy: Alternation
    trigeminy: Alternation
    atrial_fibrillation: AtrialFibrillation
    variability: Variability
    settings: RhythmSettings
    st: str
    too_short: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, recorded_seconds: _Optional[float] = ..., analysable_seconds: _Optional[float] = ..., beats: _Optional[int] = ..., unclassified: _Optional[int] = ..., paced_share: _Optional[float] = ..., heart_rate: _Optional[_Union[HeartRate, _Mapping]] = ..., pauses: _Optional[_Union[Pauses, _Mapping]] = ..., ventricular: _Optional[_Union[Ectopy, _Mapping]] = ..., supraventricular: _Optional[_Union[Ectopy, _Mapping]] = ..., bigeminy: _Optional[_Union[Alternation, _Mapping]] = ..., trigeminy: _Optional[_Union[Alternation, _Mapping]] = ..., atrial_fibrillation: _Optional[_Union[AtrialFibrillation, _Mapping]] = ..., variability: _Optional[_Union[Variability, _Mapping]] = ..., settings: _Optional[_Union[RhythmSettings, _Mapping]] = ..., st: _Optional[str] = ..., too_short: _Optional[_Iterable[str]] = ...) -> None: ...

class HeartRate(_message.Message):
    __slots__ = ("mean", "least", "greatest", "hours")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    GREATEST_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    mean: float
    least: RateExtreme
    greatest: RateExtreme
    hours: _containers.RepeatedCompositeFieldContainer[HourOfRate]
    def __init__(self, mean: _Optional[float] = ..., least: _Optional[_Union[RateExtreme, _Mapping]] = ..., greatest: _Optional[_Union[RateExtreme, _Mapping]] = ..., hours: _Optional[_Iterable[_Union[HourOfRate, _Mapping]]] = ...) -> None: ...

class RateExtreme(_message.Message):
    __slots__ = ("rate", "time")
    RATE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    rate: float
    time: float
    def __init__(self, rate: _Optional[float] = ..., time: _Optional[float] = ...) -> None: ...

class HourOfRate(_message.Message):
    __slots__ = ("hour", "mean", "least", "greatest", "beats")
    HOUR_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    GREATEST_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    hour: int
    mean: float
    least: float
    greatest: float
    beats: int
    def __init__(self, hour: _Optional[int] = ..., mean: _Optional[float] = ..., least: _Optional[float] = ..., greatest: _Optional[float] = ..., beats: _Optional[int] = ...) -> None: ...

class Pauses(_message.Message):
    __slots__ = ("counts", "longest")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    LONGEST_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[PauseCount]
    longest: Span
    def __init__(self, counts: _Optional[_Iterable[_Union[PauseCount, _Mapping]]] = ..., longest: _Optional[_Union[Span, _Mapping]] = ...) -> None: ...

class PauseCount(_message.Message):
    __slots__ = ("seconds", "count")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    count: int
    def __init__(self, seconds: _Optional[float] = ..., count: _Optional[int] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("begin", "end")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    begin: float
    end: float
    def __init__(self, begin: _Optional[float] = ..., end: _Optional[float] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("begin", "end", "beats", "rate")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    begin: float
    end: float
    beats: int
    rate: float
    def __init__(self, begin: _Optional[float] = ..., end: _Optional[float] = ..., beats: _Optional[int] = ..., rate: _Optional[float] = ...) -> None: ...

class Ectopy(_message.Message):
    __slots__ = ("beats", "burden", "each_hour", "isolated", "couplets", "short_runs", "long_runs", "longest", "fastest")
    BEATS_FIELD_NUMBER: _ClassVar[int]
    BURDEN_FIELD_NUMBER: _ClassVar[int]
    EACH_HOUR_FIELD_NUMBER: _ClassVar[int]
    ISOLATED_FIELD_NUMBER: _ClassVar[int]
    COUPLETS_FIELD_NUMBER: _ClassVar[int]
    SHORT_RUNS_FIELD_NUMBER: _ClassVar[int]
    LONG_RUNS_FIELD_NUMBER: _ClassVar[int]
    LONGEST_FIELD_NUMBER: _ClassVar[int]
    FASTEST_FIELD_NUMBER: _ClassVar[int]
    beats: int
    burden: float
    each_hour: float
    isolated: int
    couplets: int
    short_runs: int
    long_runs: int
    longest: Run
    fastest: Run
    def __init__(self, beats: _Optional[int] = ..., burden: _Optional[float] = ..., each_hour: _Optional[float] = ..., isolated: _Optional[int] = ..., couplets: _Optional[int] = ..., short_runs: _Optional[int] = ..., long_runs: _Optional[int] = ..., longest: _Optional[_Union[Run, _Mapping]] = ..., fastest: _Optional[_Union[Run, _Mapping]] = ...) -> None: ...

class Alternation(_message.Message):
    __slots__ = ("beats",)
    BEATS_FIELD_NUMBER: _ClassVar[int]
    beats: int
    def __init__(self, beats: _Optional[int] = ...) -> None: ...

class AtrialFibrillation(_message.Message):
    __slots__ = ("burden", "longest")
    BURDEN_FIELD_NUMBER: _ClassVar[int]
    LONGEST_FIELD_NUMBER: _ClassVar[int]
    burden: float
    longest: float
    def __init__(self, burden: _Optional[float] = ..., longest: _Optional[float] = ...) -> None: ...

class Variability(_message.Message):
    __slots__ = ("nn_share", "intervals", "sdnn", "sdann", "rmssd", "pnn50")
    NN_SHARE_FIELD_NUMBER: _ClassVar[int]
    INTERVALS_FIELD_NUMBER: _ClassVar[int]
    SDNN_FIELD_NUMBER: _ClassVar[int]
    SDANN_FIELD_NUMBER: _ClassVar[int]
    RMSSD_FIELD_NUMBER: _ClassVar[int]
    PNN50_FIELD_NUMBER: _ClassVar[int]
    nn_share: float
    intervals: int
    sdnn: float
    sdann: float
    rmssd: float
    pnn50: float
    def __init__(self, nn_share: _Optional[float] = ..., intervals: _Optional[int] = ..., sdnn: _Optional[float] = ..., sdann: _Optional[float] = ..., rmssd: _Optional[float] = ..., pnn50: _Optional[float] = ...) -> None: ...
