"""Places that people want to see first, and everything that lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from ecg.rhythm.ectopy import Run
from inference_server.classification.recordings import EpisodeKind, RecordingEpisode
from inference_server.classification.recordings import RecordingAnalysis as Answer


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of the recording that is worth a look."""

    key: str
    title: str
    begin: float
    """Seconds from the recording's start."""
    end: float


def kind_names() -> dict[EpisodeKind, str]:
    """What lasts, in the reader's language."""
    return {
        EpisodeKind.ATRIAL_FIBRILLATION: _("Atrial fibrillation"),
        EpisodeKind.VENTRICULAR_FIBRILLATION: _("Ventricular flutter or fibrillation"),
        EpisodeKind.VENTRICULAR_RUN: _("Ventricular run"),
        EpisodeKind.SUPRAVENTRICULAR_RUN: _("Supraventricular run"),
        EpisodeKind.BIGEMINY: _("Bigeminy"),
        EpisodeKind.TRIGEMINY: _("Trigeminy"),
        EpisodeKind.TACHYCARDIA: _("Tachycardia"),
        EpisodeKind.BRADYCARDIA: _("Bradycardia"),
        EpisodeKind.PAUSE: _("Pause"),
    }


def moments(answer: Answer) -> Iterator[Moment]:
    """Extremes of the heart rate, the longest of what lasts, in the order in which they are listed."""
    measures, rates = answer.measures, answer.measures.heart_rate
    for key, extreme, title in (
        ("greatest-rate", rates.greatest, _("Highest heart rate, %(rate).0f/min")),
        ("least-rate", rates.least, _("Lowest heart rate, %(rate).0f/min")),
    ):
        if extreme is not None:
            end = extreme.time + 60 * measures.settings.rate_intervals / extreme.rate
            yield Moment(key, title % {"rate": extreme.rate}, extreme.time, end)
    if (pause := measures.pauses.longest) is not None:
        title = _("Longest pause, %(seconds).2f s") % {"seconds": pause.seconds}
        yield Moment("longest-pause", title, pause.begin, pause.end)
    ventricular, supraventricular = measures.ventricular, measures.supraventricular
    for key, run, title in (
        ("longest-run", ventricular.longest, _("Longest ventricular run, %(beats)d beats, %(rate).0f/min")),
        ("fastest-run", ventricular.fastest, _("Fastest ventricular run, %(beats)d beats, %(rate).0f/min")),
        ("longest-s-run", supraventricular.longest, _("Longest supraventricular run, %(beats)d beats, %(rate).0f/min")),
    ):
        if run is not None:
            yield _of_run(key, run, title)
    names = kind_names()
    for kind in (EpisodeKind.ATRIAL_FIBRILLATION, EpisodeKind.VENTRICULAR_FIBRILLATION):
        episodes = [episode for episode in answer.episodes if episode.kind is kind]
        if episodes:
            longest = max(episodes, key=_length)
            title = _("%(what)s, longest: %(seconds).0f s") % {"what": names[kind], "seconds": _length(longest)}
            yield Moment(kind.value.lower(), title, longest.begin, longest.end)


def _of_run(key: str, run: Run, title: str) -> Moment:
    return Moment(key, title % {"beats": run.beats, "rate": run.rate}, run.begin, run.end)


def _length(episode: RecordingEpisode) -> float:
    return episode.end - episode.begin
