"""What an owner says about a picture of a strip or page, as it stands in ``Recording.answers``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.result import Kind, PageReading, Reason, Warned

from webportal.recordings.models import Recording

ABOUT: Final = "page"
"""The question, and the key of its answer."""
UNCHECKED: Final = "PAGE_UNCHECKED"
"""``reason`` of a recording whose picture was read and waits for its owner to say that it was read rightly."""
#: What no longer has to be said once a person has named the leads.
_OF_NAMES: Final = (Warned.NAMES_ASSUMED, Warned.NAME_UNKNOWN)
KIND: Final = "picture"
"""``Recording.kind`` of what was read of a picture."""


@dataclass(frozen=True, slots=True)
class PageAnswers:
    """What the owner said so far."""

    is_confirmed: bool = False
    """Whether what was read is right."""
    names: tuple[str, ...] = ()
    """Of the leads, in reading order; none while those stand that were read."""
    corrections: Corrections = NOTHING
    """What the server is told about the picture."""
    insists: bool = False
    """Whether they say that there is an ECG where none was found."""

    @property
    def has_spoken(self) -> bool:
        """Whether they said anything about the picture, so that it is for them to give it up."""
        return self.insists or self.corrections != NOTHING

    @staticmethod
    def of(recording: Recording) -> PageAnswers:
        """What stands in a recording's answers."""
        said = recording.answers.get(ABOUT) or {}
        return PageAnswers(
            is_confirmed=bool(said.get("confirmed")),
            names=tuple(said.get("names") or ()),
            corrections=corrections_from_json(said.get("corrections") or {}),
            insists=bool(said.get("insists")),
        )

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "confirmed": self.is_confirmed,
            "names": list(self.names),
            "corrections": corrections_to_json(self.corrections),
            "insists": self.insists,
        }


def corrections_to_json(corrections: Corrections) -> dict[str, Any]:
    """What is stated, as plain values for JSON; what isn't is left out."""
    stated = {one.name: getattr(corrections, one.name) for one in fields(corrections)}
    return {name: _plain(value) for name, value in stated.items() if value not in (None, "", ())}


def corrections_from_json(stored: Mapping[str, Any]) -> Corrections:
    """What :func:`corrections_to_json` made."""
    return Corrections(**{name: _frozen(value) for name, value in stored.items()})


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def is_asked(recording: Recording) -> bool:
    """Whether the recording waits for its owner to look at what was read of a picture."""
    return recording.state == Recording.State.ASKING and any(one["about"] == ABOUT for one in recording.questions)


def reason_against(reading: PageReading) -> str:
    """Why what was read can be no recording; empty where it can."""
    if reading.kind is Kind.BEAT:
        return "PICTURE_ONE_BEAT"
    if reading.reason is not None:
        return reading.reason.value
    return "" if reading.leads else Reason.NO_TRACE.value


def named(reading: PageReading, names: Sequence[str]) -> PageReading:
    """What was read, its leads called as the owner calls them; as it is where they named another number of leads."""
    if not names or len(names) != len(reading.leads):
        return reading
    leads = tuple(replace(lead, name=name) for lead, name in zip(reading.leads, names, strict=True))
    return replace(reading, leads=leads, warnings=tuple(one for one in reading.warnings if one not in _OF_NAMES))
