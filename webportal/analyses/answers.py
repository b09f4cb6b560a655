"""What may be shown of an answer: the one place that decides it, for pages, paper, files and the administration.

What a model said of a picture that is no beat names a class and has probabilities like any other answer, but they
mean nothing. They stay in the table, where nothing is overwritten, and are shown nowhere. Nobody else reads the
columns of an answer; a test opens every address to hold everybody to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webportal.accounts.models import User
from webportal.analyses import access, no_beat
from webportal.analyses.models import Analysis
from webportal.analyses.reasons import Explanation

#: The fields of :class:`Answer` that are columns of :class:`Analysis` as well.
SHOWN_COLUMNS = (
    "class_short",
    "class_name",
    "probability",
    "probabilities",
    "verdict",
    "prediction_set",
    "not_a_beat_reason",
    "beats",
    "lead_knowledge",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """As much of an answer as may be shown; empty where there is none."""

    verdict: str = ""
    class_short: str = ""
    class_name: str = ""
    probability: float | None = None
    """Of the class, 0 to 1."""
    probabilities: tuple[dict[str, Any], ...] = ()
    """Every class in the model's order: ``{"short", "name", "probability"}``."""
    prediction_set: tuple[dict[str, Any], ...] = ()
    """The classes that stay plausible, most probable first: ``{"short", "name"}``."""
    not_a_beat_reason: str = ""
    """Stable code of why the picture is no heartbeat; empty where it may be one, or where nobody said why."""
    beats: int | None = None
    """How many heartbeats were counted, where there are several."""
    lead: str = ""
    """What the beat was recorded in, by its usual name; empty where nobody said, or where it is no beat."""
    lead_knowledge: str = ""
    """What is known of the model's answers in that lead."""
    is_hidden: bool = False
    """Whether there is an answer that is kept back until the viewer has written down a reading."""

    @property
    def is_beat(self) -> bool:
        """Whether it names a kind of beat."""
        return bool(self.class_short)

    @property
    def is_no_beat(self) -> bool:
        """Whether it says that the picture shows no heartbeat."""
        return self.verdict == Analysis.Verdict.NOT_A_BEAT

    @property
    def why_no_beat(self) -> Explanation:
        """What was found instead of one heartbeat, and what to send."""
        return no_beat.explain(self.not_a_beat_reason, self.beats)

    @property
    def why_in_short(self) -> str:
        """:attr:`why_no_beat` in two or three words; empty where nothing more is known."""
        return no_beat.in_short(self.not_a_beat_reason, self.beats)

    @property
    def is_shared(self) -> bool:
        """Whether it names several classes for sure: those that one picture can't tell apart."""
        return self.verdict == Analysis.Verdict.CONFIDENT and len(self.prediction_set) > 1

    @property
    def plausible_probability(self) -> float:
        """Of all plausible classes together, 0 to 1."""
        plausible = {entry["short"] for entry in self.prediction_set}
        return min(1.0, sum(entry["probability"] for entry in self.probabilities if entry["short"] in plausible))

    @property
    def ranked(self) -> list[dict[str, Any]]:
        """:attr:`probabilities`, most probable first."""
        return sorted(self.probabilities, key=lambda entry: -entry["probability"])

    @property
    def compared(self) -> list[dict[str, Any]]:
        """The two most probable classes, to look at side by side."""
        return self.ranked[:2]


def shown(analysis: Analysis) -> Answer:
    """What may be shown of the answer to those from whom it is not hidden."""
    if analysis.state != Analysis.State.DONE:
        return Answer()
    if analysis.verdict == Analysis.Verdict.NOT_A_BEAT:
        return Answer(verdict=analysis.verdict, not_a_beat_reason=analysis.not_a_beat_reason, beats=analysis.beats)
    return Answer(
        verdict=analysis.verdict,
        class_short=analysis.class_short,
        class_name=analysis.class_name,
        probability=analysis.probability,
        probabilities=tuple(analysis.probabilities),
        prediction_set=tuple(analysis.prediction_set),
        lead=analysis.lead,
        lead_knowledge=analysis.lead_knowledge,
    )


def shown_to(user: User, analysis: Analysis) -> Answer:
    """:func:`shown` to ``user``: nothing of it where they are to read the picture without it first."""
    if analysis.state == Analysis.State.DONE and not access.may_see_answer(user, analysis):
        return Answer(is_hidden=True)
    return shown(analysis)
