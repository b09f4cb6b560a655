"""What an owner says about a picture of a strip or page, as it stands in ``Recording.answers``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ecg.pictures.pages.result import PageReading

from webportal.recordings.models import Recording

ABOUT: Final = "page"
"""The question, and the key of its answer."""
UNCHECKED: Final = "PAGE_UNCHECKED"
"""``reason`` of a recording whose picture was read and waits for its owner to say that it was read rightly."""
KIND: Final = "picture"
"""``Recording.kind`` of what was read of a picture."""


@dataclass(frozen=True, slots=True)
class PageAnswers:
    """What the owner said so far."""

    is_confirmed: bool = False
    """Whether what was read is right."""
    names: tuple[str, ...] = ()
    """Of the leads, in reading order; none while those stand that were read."""
    corrections: dict[str, Any] = field(default_factory=dict)
    """What the server is told about the picture."""

    @staticmethod
    def of(recording: Recording) -> PageAnswers:
        """What stands in a recording's answers."""
        said = recording.answers.get(ABOUT) or {}
        return PageAnswers(
            bool(said.get("confirmed")), tuple(said.get("names") or ()), dict(said.get("corrections") or {})
        )

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"confirmed": self.is_confirmed, "names": list(self.names), "corrections": self.corrections}


def is_asked(recording: Recording) -> bool:
    """Whether the recording waits for its owner to look at what was read of a picture."""
    return recording.state == Recording.State.ASKING and any(one["about"] == ABOUT for one in recording.questions)


def named(reading: PageReading, names: Sequence[str]) -> PageReading:
    """What was read, its leads called as the owner calls them; as it is where they named another number of leads."""
    if len(names) != len(reading.leads):
        return reading
    leads = tuple(replace(lead, name=name) for lead, name in zip(reading.leads, names, strict=True))
    return replace(reading, leads=leads)
