"""What the viewer knows before it asks for anything."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from ecg.store import StoredRecording

from webportal.pages.catalogue import translated
from webportal.recordings.viewing import beat_tiles, moments, signal_tiles
from webportal.recordings.viewing.letters import letter_of, tone_of
from webportal.recordings.viewing.shown import Shown
from webportal.recordings.viewing.words import words


def about(stored: StoredRecording, seen: Shown | None, *, addresses: str, key: object) -> dict[str, Any]:
    """What the page hands to the script, as plain values for JSON.

    Args:
        stored: The recording itself.
        seen: What is said of it, if anything is.
        addresses: The names of the addresses that the viewer asks, up to their last word.
        key: What the recording is called in these addresses.
    """
    reaches, start = signal_tiles.reaches(stored.signal), stored.recording.start
    description: dict[str, Any] = {
        "rate": stored.recording.rate,
        "samples": stored.recording.samples,
        "leads": list(stored.recording.leads),
        "reaches": [[round(reach.baseline, 3), round(reach.low, 3), round(reach.high, 3)] for reach in reaches],
        "start": start.isoformat() if start else "",
        "signal": reverse(f"{addresses}signal", args=[key, 0, 0]).removesuffix("0/0"),
        "words": words(),
    }
    if seen is not None:
        answer = seen.answer
        counts = beat_tiles.hourly_counts(answer)
        description |= {
            "version": seen.version,
            "beats": reverse(f"{addresses}beats", args=[key, 0]).removesuffix("0"),
            "overview": reverse(f"{addresses}overview", args=[key]),
            "episodes": reverse(f"{addresses}episodes", args=[key]),
            "hourSamples": beat_tiles.samples_of_hour(answer),
            "counts": counts,
            "classes": [
                {
                    "short": kind.short,
                    "name": translated(kind.name) or kind.short,
                    "letter": letter_of(kind.short),
                    "tone": tone_of(kind.short),
                    "count": sum(hour[place] for hour in counts),
                }
                for place, kind in enumerate(answer.model.classes)
            ],
            "moments": [
                {"key": moment.key, "title": moment.title, "begin": moment.begin, "end": moment.end}
                for moment in moments.moments(answer)
            ],
        }
    return description


def episodes(seen: Shown) -> dict[str, Any]:
    """Everything that lasts, in order of time, as plain values for JSON."""
    names = moments.kind_names()
    return {
        "names": {kind.value: name for kind, name in names.items()},
        "episodes": [
            [episode.kind.value, episode.begin, episode.end, episode.beats, episode.rate]
            for episode in seen.answer.episodes
        ],
    }
