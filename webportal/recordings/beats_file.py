"""The file of an answer: everything that was said about a recording, packed beside it.

A NumPy archive (``.npz``, not compressed, nothing pickled) of columns that belong together, with one JSON text for the
rest. Its parts carry check sums of their own, so that a damaged file is never read as another answer.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np
from ecg.families.family import Family
from ecg.recording import RecordingWarning
from inference_server.classification import messages
from inference_server.classification.recordings import (
    EpisodeKind,
    RecordingAnalysis,
    RecordingBeats,
    RecordingEpisode,
)
from inference_server.classification.rhythm_messages import from_measures, to_measures
from inference_server.generated.ecg.v1 import model_pb2, rhythm_pb2
from numpy.typing import NDArray

FORMAT: Final = "beatlens-beats/1"

_BEATS: Final = tuple(field.name for field in fields(RecordingBeats))

#: In place of what lies before QRS complexes where nobody said it.
_NOT_SAID: Final = np.empty((0, 0), np.float32)


class BeatsFileDamaged(Exception):  # noqa: N818 - reads as what happened
    """A file of beats is not, or no longer, one that :func:`pack` packed."""


@dataclass(frozen=True, slots=True)
class StoredBeats:
    """What was said about a recording, as the client had it from the server."""

    analysis: RecordingAnalysis
    """All of it; :attr:`RecordingAnalysis.beats` is in columns, rows correspond."""
    places: NDArray[np.int32]
    """``[n]``: place of each beat in its family, 0 is the least typical; −1 for a beat of no family."""
    digest: str
    """SHA-256 of the content, 64 hexadecimal digits: the same for the same answer."""


def pack(analysis: RecordingAnalysis) -> bytes:
    """An answer as the content of a file."""
    arrays = _arrays_of(analysis)
    about = _about(analysis)
    digest = _digest(arrays, about)
    packed = arrays | {"about": _text(about), "digest": _text(digest)}
    content = io.BytesIO()
    np.savez(content, **packed)  # type: ignore[arg-type]
    return content.getvalue()


def unpack(content: bytes) -> StoredBeats:
    """What :func:`pack` packed.

    Raises:
        BeatsFileDamaged: it is no such file, or was changed.
    """
    try:
        # In one piece: a hundred thousand beats are some five megabytes.
        with np.load(io.BytesIO(content), allow_pickle=False) as packed:
            arrays = {name: packed[name] for name in packed.files}
        about = json.loads(_untext(arrays.pop("about")))
        digest = _untext(arrays.pop("digest"))
        if about["format"] != FORMAT:
            raise BeatsFileDamaged(f"Its format is {about['format']!r}, not {FORMAT!r}.")
        analysis = _analysis(arrays, about)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BeatsFileDamaged(f"The file of beats can't be read: {error}") from error
    return StoredBeats(analysis, _places(analysis), digest)


def summary_of(analysis: RecordingAnalysis) -> dict[str, Any]:
    """What of an answer is stored in its row, as plain values for JSON: ``measures`` (see
    :meth:`ecg.rhythm.measures.Measures.document`), ``counts`` of beats by the class's short name, how many ``families``
    there are, and how many beats are ``confident``.
    """
    return {
        "measures": json.loads(json.dumps(analysis.measures.document(), allow_nan=False)),
        "counts": analysis.counts(),
        "families": len(analysis.families),
        "confident": int(analysis.beats.confident.sum()),
    }


def _arrays_of(analysis: RecordingAnalysis) -> dict[str, NDArray[Any]]:
    lengths = [len(family.members) for family in analysis.families]
    members = [np.empty(0, np.int64), *(family.members for family in analysis.families)]
    return {name: getattr(analysis.beats, name) for name in _BEATS} | {
        "faults": analysis.faults,
        "atrial": _NOT_SAID if analysis.atrial is None else analysis.atrial,
        "family_ends": np.cumsum(np.array(lengths, np.int64)),
        "family_members": np.concatenate(members),
        "family_early": np.array([family.early for family in analysis.families], np.bool_),
        "family_typical": np.array([family.typical for family in analysis.families], np.int64),
        "model": _bytes(messages.to_model(analysis.model).SerializeToString(deterministic=True)),
        "measures": _bytes(to_measures(analysis.measures).SerializeToString(deterministic=True)),
    }


def _about(analysis: RecordingAnalysis) -> str:
    about = {
        "format": FORMAT,
        "rate": analysis.rate,
        "samples": analysis.samples,
        "leads": analysis.leads,
        "episodes": [
            [episode.kind.value, episode.begin, episode.end, episode.beats, episode.rate]
            for episode in analysis.episodes
        ],
        "warnings": [asdict(warning) for warning in analysis.warnings],
    }
    return json.dumps(about, ensure_ascii=False)


def _analysis(arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> RecordingAnalysis:
    episodes = tuple(
        RecordingEpisode(EpisodeKind(kind), begin, end, beats, rate)
        for kind, begin, end, beats, rate in about["episodes"]
    )
    families = zip(
        arrays["family_early"].tolist(),
        np.split(arrays["family_members"], arrays["family_ends"][:-1]) if len(arrays["family_ends"]) else [],
        arrays["family_typical"].tolist(),
        strict=True,
    )
    return RecordingAnalysis(
        rate=about["rate"],
        samples=about["samples"],
        leads=tuple(about["leads"]),
        model=messages.from_model(model_pb2.Model.FromString(arrays["model"].tobytes())),
        beats=RecordingBeats(**{name: arrays[name] for name in _BEATS}),
        families=tuple(Family(*family) for family in families),
        faults=arrays["faults"],
        atrial=arrays["atrial"] if arrays["atrial"].size else None,
        episodes=episodes,
        measures=from_measures(rhythm_pb2.Measures.FromString(arrays["measures"].tobytes()), episodes),
        warnings=tuple(RecordingWarning(**warning) for warning in about["warnings"]),
    )


def _places(analysis: RecordingAnalysis) -> NDArray[np.int32]:
    places = np.full(len(analysis.beats), -1, np.int32)
    for family in analysis.families:
        places[family.members] = np.arange(len(family.members), dtype=np.int32)
    return places


def _digest(arrays: dict[str, NDArray[Any]], about: str) -> str:
    content = hashlib.sha256(about.encode())
    for name, array in arrays.items():
        content.update(f"{name} {array.dtype.str} {array.shape}".encode())
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def _bytes(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8)


def _text(content: str) -> NDArray[np.uint8]:
    return _bytes(content.encode())


def _untext(array: NDArray[Any]) -> str:
    return array.tobytes().decode()
