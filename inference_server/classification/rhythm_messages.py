"""Measures and their definitions between :mod:`ecg.rhythm` and the wire: fields of the same names.

What lasts (runs, pauses …) goes over the wire as episodes only, and is put back into the measures from there.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

from ecg.rhythm.atrial_fibrillation import AtrialFibrillation
from ecg.rhythm.brevity import Untold
from ecg.rhythm.ectopy import Alternation, Ectopy, Run, ventricular_tachycardia
from ecg.rhythm.heart_rate import Episode, HeartRate, Pauses
from ecg.rhythm.measures import Measures
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.variability import Variability
from inference_server.classification.recordings import EpisodeKind, RecordingEpisode
from inference_server.generated.ecg.v1 import rhythm_pb2 as pb

_LASTING: Final = frozenset(
    {"episodes", "runs", "tachycardia", "bradycardia", "ventricular_fibrillation", "ventricular_tachycardia"}
)

_T = TypeVar("_T")


def to_measures(measures: Measures) -> pb.Measures:
    """Measures as a message, without what lasts."""
    message = pb.Measures()
    _fill(message, measures)
    return message


def from_measures(message: pb.Measures, episodes: tuple[RecordingEpisode, ...]) -> Measures:
    """The measures in a message, with what lasts from all ``episodes``."""

    def spans(kind: EpisodeKind) -> tuple[Episode, ...]:
        return tuple(Episode(episode.begin, episode.end) for episode in episodes if episode.kind is kind)

    def runs(kind: EpisodeKind) -> tuple[Run, ...]:
        return tuple(
            Run(episode.begin, episode.end, episode.beats or 0, episode.rate or 0)
            for episode in episodes
            if episode.kind is kind
        )

    settings = _read(RhythmSettings, message.settings)
    ventricular = _read(Ectopy, message.ventricular, runs=runs(EpisodeKind.VENTRICULAR_RUN))
    return _read(
        Measures,
        message,
        heart_rate=_read(
            HeartRate,
            message.heart_rate,
            tachycardia=spans(EpisodeKind.TACHYCARDIA),
            bradycardia=spans(EpisodeKind.BRADYCARDIA),
        ),
        pauses=_read(
            Pauses,
            message.pauses,
            counts={of_length.seconds: of_length.count for of_length in message.pauses.counts},
            episodes=spans(EpisodeKind.PAUSE),
        ),
        ventricular=ventricular,
        supraventricular=_read(Ectopy, message.supraventricular, runs=runs(EpisodeKind.SUPRAVENTRICULAR_RUN)),
        ventricular_tachycardia=ventricular_tachycardia(ventricular, settings),
        bigeminy=_read(Alternation, message.bigeminy, episodes=spans(EpisodeKind.BIGEMINY)),
        trigeminy=_read(Alternation, message.trigeminy, episodes=spans(EpisodeKind.TRIGEMINY)),
        atrial_fibrillation=_read(
            AtrialFibrillation, message.atrial_fibrillation, episodes=spans(EpisodeKind.ATRIAL_FIBRILLATION)
        ),
        ventricular_fibrillation=spans(EpisodeKind.VENTRICULAR_FIBRILLATION),
        variability=_read(Variability, message.variability),
        settings=settings,
        too_short=tuple(Untold(code) for code in message.too_short if code in set(Untold)),
    )


def to_settings(settings: RhythmSettings) -> pb.RhythmSettings:
    """All definitions as a message."""
    message = pb.RhythmSettings()
    _fill(message, settings)
    return message


def _fill(message: Any, value: Any) -> None:
    """Set the fields of a message to those of a dataclass; None is not set."""
    for field in fields(value):
        part = getattr(value, field.name)
        if part is None or field.name in _LASTING:
            continue
        if field.name == "counts":
            message.counts.extend(pb.PauseCount(seconds=seconds, count=count) for seconds, count in part.items())
        elif is_dataclass(part):
            getattr(message, field.name).SetInParent()
            _fill(getattr(message, field.name), part)
        elif isinstance(part, tuple):
            for item in part:
                if is_dataclass(item):
                    _fill(getattr(message, field.name).add(), item)
                else:
                    getattr(message, field.name).append(item)
        else:
            setattr(message, field.name, part)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: type[_T], message: Message, **given: Any) -> _T:
    """A dataclass of the fields of a message, but for those that are ``given``."""
    values = {
        name: given[name] if name in given else _value(hint, message, name)
        for name, hint in _hints(cast(Any, kind)).items()
    }
    return kind(**values)


def _value(hint: Any, message: Message, name: str) -> Any:
    kinds: list[Any] = [kind for kind in get_args(hint) if kind is not type(None)]
    if get_origin(hint) is tuple:
        (item, *_) = kinds
        return tuple(_read(item, part) if _is_record(item) else part for part in getattr(message, name))
    optional = type(None) in get_args(hint)
    if optional and not message.HasField(name):
        return None
    only = kinds[0] if optional else hint
    return _read(only, getattr(message, name)) if _is_record(only) else getattr(message, name)


def _is_record(kind: Any) -> bool:
    return is_dataclass(kind)
