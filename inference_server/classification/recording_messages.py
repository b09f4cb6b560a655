"""Analyses of recordings between the domain's words and the wire's.

Workers make what becomes known into responses; the client gathers responses until they are all there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.families.family import Family
from ecg.features.atrial import ATRIAL
from inference_server.classification import ModelInfo, messages
from inference_server.classification.recordings import (
    EpisodeKind,
    RecordingBeats,
    RecordingEpisode,
    RecordingRhythm,
)
from inference_server.classification.rhythm_messages import from_measures, to_measures
from inference_server.generated.ecg.v1 import arrhythmia_pb2
from inference_server.generated.ecg.v1 import recording_pb2 as pb

MOST_BEATS: Final = 1024
"""Beats, and episodes, of a message at most."""
_MOST_MEMBERS: Final = 8192

_KIND_PREFIX: Final = "EPISODE_KIND_"
_KINDS: Final = {kind: getattr(pb, _KIND_PREFIX + kind) for kind in EpisodeKind}
_KINDS_BY_VALUE: Final = {value: kind for kind, value in _KINDS.items()}


def segment_responses(
    beats: RecordingBeats,
    faults: NDArray[np.uint8],
    atrial: NDArray[np.float32],
    first_second: int,
    samples: int,
) -> Iterator[pb.AnalyzeRecordingResponse]:
    """What has become known of a segment.

    Args:
        beats: Its beats.
        faults: ``[leads, seconds]``.
        atrial: ``[blocks, 7]``.
        first_second: Of these.
        samples: Up to which sample all beats are answered then.
    """
    quality = pb.SignalQuality(
        first_second=first_second, faults=[lead.tobytes() for lead in faults], atrial=atrial.ravel().tolist()
    )
    yield pb.AnalyzeRecordingResponse(quality=quality)
    bits = (beats.plausible << np.arange(beats.plausible.shape[1], dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
    verdicts = np.where(beats.confident, arrhythmia_pb2.VERDICT_CONFIDENT, arrhythmia_pb2.VERDICT_UNCERTAIN)
    for first in range(0, len(beats), MOST_BEATS):
        part = slice(first, first + MOST_BEATS)
        message = pb.Beats(
            samples=beats.samples[part].tolist(),
            classes=beats.classes[part].tolist(),
            probabilities=beats.probabilities[part].ravel().tolist(),
            verdicts=verdicts[part].tolist(),
            plausible=bits[part].tolist(),
            peaks=beats.peaks[part].tolist(),
            odd=beats.odd[part].tolist(),
        )
        yield pb.AnalyzeRecordingResponse(beats=message)
    yield pb.AnalyzeRecordingResponse(progress=pb.RecordingProgress(samples=samples))


def rhythm_responses(rhythm: RecordingRhythm) -> Iterator[pb.AnalyzeRecordingResponse]:
    """What has become known once all beats are."""
    for place, family in enumerate(rhythm.families):
        for first in range(0, len(family.members), _MOST_MEMBERS):
            part = pb.FamilyPart(
                family=place,
                early=family.early,
                typical=family.typical,
                members=family.members[first : first + _MOST_MEMBERS].tolist(),
            )
            yield pb.AnalyzeRecordingResponse(family=part)
    for first in range(0, len(rhythm.episodes), MOST_BEATS):
        episodes = [
            pb.Episode(
                kind=_KINDS[episode.kind], begin=episode.begin, end=episode.end, beats=episode.beats, rate=episode.rate
            )
            for episode in rhythm.episodes[first : first + MOST_BEATS]
        ]
        yield pb.AnalyzeRecordingResponse(episodes=pb.Episodes(episodes=episodes))
    summary = pb.RecordingSummary(
        beats=sum(len(family.members) for family in rhythm.families),
        fibrillating=[pb.BeatRange(first=first, end=end) for first, end in rhythm.fibrillating.tolist()],
        measures=to_measures(rhythm.measures),
    )
    yield pb.AnalyzeRecordingResponse(summary=summary)


class Answers:
    """Gathers the responses to one recording of ``rate`` samples a second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self.model: ModelInfo | None = None
        """The version that answers, once it is known."""
        self.samples = 0
        """Samples of which all beats are known."""
        self.beats: list[RecordingBeats] = []
        """In order of time."""
        self.faults: list[NDArray[np.uint8]] = []
        """``[leads, seconds]`` each, in order of time."""
        self.atrial: list[NDArray[np.float32]] = []
        """``[blocks, 7]`` each, in order of time; nothing from a server that doesn't say."""
        self.rhythm: RecordingRhythm | None = None
        """There once everything is known."""
        self._families: dict[int, list[pb.FamilyPart]] = {}
        self._episodes: list[RecordingEpisode] = []

    def add(self, response: pb.AnalyzeRecordingResponse) -> None:
        """The next response.

        Raises:
            ValueError: it says what can't be.
        """
        match response.WhichOneof("part"):
            case "accepted":
                self.model = messages.from_model(response.accepted.model)
            case "progress":
                self.samples = response.progress.samples
            case "quality":
                faults = [np.frombuffer(lead, np.uint8) for lead in response.quality.faults]
                self.faults.append(np.stack(faults))
                if response.quality.atrial:
                    self.atrial.append(np.array(response.quality.atrial, np.float32).reshape(-1, len(ATRIAL)))
            case "beats":
                self.beats.append(self._read_beats(response.beats))
            case "family":
                self._families.setdefault(response.family.family, []).append(response.family)
            case "episodes":
                known = (episode for episode in response.episodes.episodes if episode.kind in _KINDS_BY_VALUE)
                self._episodes += map(_episode, known)
            case "summary":
                self._finish(response.summary)

    def _read_beats(self, message: pb.Beats) -> RecordingBeats:
        if self.model is None:
            raise ValueError("Beats came before the model that found them.")
        count, classes = len(message.samples), len(self.model.classes)
        samples = np.array(message.samples, np.int64)
        bits = np.array(message.plausible, np.uint32)
        return RecordingBeats(
            samples=samples,
            peaks=np.array(message.peaks, np.int64) if message.peaks else self._peaks(samples),
            odd=np.array(message.odd, np.bool_) if message.odd else np.zeros(count, np.bool_),
            probabilities=np.array(message.probabilities, np.float32).reshape(count, classes),
            classes=np.array(message.classes, np.int8),
            confident=np.array(message.verdicts, np.int64) == arrhythmia_pb2.VERDICT_CONFIDENT,
            plausible=(bits[:, None] >> np.arange(classes, dtype=np.uint32) & 1).astype(np.bool_),
            families=np.full(count, -1, np.int16),
            fibrillates=np.zeros(count, np.bool_),
        )

    def _peaks(self, samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """What a server that doesn't say peaks at 360 Hz found, as well as the recording's own rate tells it."""
        return np.rint(samples * (SAMPLING_RATE / self._rate)).astype(np.int64)

    def _finish(self, summary: pb.RecordingSummary) -> None:
        if summary.beats != sum(map(len, self.beats)):
            raise ValueError(f"{summary.beats} beats were found, and {sum(map(len, self.beats))} came.")
        ranges: list[Any] = [(stretch.first, stretch.end) for stretch in summary.fibrillating]
        episodes = tuple(self._episodes)
        self.rhythm = RecordingRhythm(
            families=tuple(_family(parts) for _, parts in sorted(self._families.items())),
            fibrillating=np.array(ranges, np.int64).reshape(-1, 2),
            episodes=episodes,
            measures=from_measures(summary.measures, episodes),
        )


def _family(parts: list[pb.FamilyPart]) -> Family:
    members = np.concatenate([np.array(part.members, np.int64) for part in parts])
    return Family(parts[0].early, members, parts[0].typical)


def _episode(message: pb.Episode) -> RecordingEpisode:
    return RecordingEpisode(
        kind=_KINDS_BY_VALUE[message.kind],
        begin=message.begin,
        end=message.end,
        beats=message.beats if message.HasField("beats") else None,
        rate=message.rate if message.HasField("rate") else None,
    )
