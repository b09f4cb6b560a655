"""What can be said aloud beside an answer: how often such answers are right, what is known of the lead that was named,
and what one beat can't show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from inference_server.classification import ConfidentAnswers, ModelInfo

from webportal.analyses.answers import Answer
from webportal.analyses.models import Analysis

#: What was measured on no more people says little about others; training/learning/confidence.py draws the same line.
FEW_PEOPLE: Final = 20
#: A group of classes with this one in it has the shape of normal beats, and its others only come early.
_NORMAL: Final = "NORMAL"


def sentences(model: ModelInfo | None, answer: Answer) -> list[str]:
    """The sentences beside ``answer``. How often it is right is told where it is confident and the file knows."""
    of_lead = _of_lead(answer)
    if model is None or answer.verdict != Analysis.Verdict.CONFIDENT or not model.confident_answers:
        return of_lead
    in_lead = model.answers_in(answer.lead) if answer.lead_knowledge else None
    measured = _measured(in_lead.confident_answers, answer) if in_lead else None
    if in_lead and (not in_lead.learned or (measured and measured.people > FEW_PEOPLE)):
        return [_how_often_right(measured, answer.lead), *of_lead, _what_one_beat_hides(answer)]
    return [_how_often_right(_measured(model.confident_answers, answer)), *of_lead, _what_one_beat_hides(answer)]


def _of_lead(answer: Answer) -> list[str]:
    """What the lead that was named means for the answer, where the model didn't learn from it."""
    if answer.lead_knowledge == Analysis.LeadKnowledge.NONE:
        unknown = _(
            "The model has not learned from lead %(lead)s, and how often it is right there was not measured; so it is "
            "not sure of anything there."
        )
        return [unknown % {"lead": answer.lead}]
    if answer.lead_knowledge == Analysis.LeadKnowledge.MEASURED:
        measured = _("The model has learned from other leads; it is judged by how often it was right in lead %(lead)s.")
        return [measured % {"lead": answer.lead}]
    return []


def _measured(groups: Sequence[ConfidentAnswers], answer: Answer) -> ConfidentAnswers | None:
    """What the file tells of the group that is named; ``None`` where it was named to nobody."""
    named = {entry["short"] for entry in answer.prediction_set}
    return next((group for group in groups if named <= set(group.classes)), None)


def _how_often_right(measured: ConfidentAnswers | None, lead: str = "") -> str:
    if measured is None or measured.people <= FEW_PEOPLE:
        return _("How often such an answer is right can’t be told: it was measured on few people.")
    # The lower of both ways to count, and rounded down: never more than was measured.
    share = min(measured.right, measured.right_by_person)
    of_hundred = _("more than 99 of 100") if share > 0.99 else _("%(right)d of 100") % {"right": int(share * 100)}
    told = {"share": of_hundred, "people": number_format(measured.people, force_grouping=True), "lead": lead}
    if lead:
        sentence = ngettext(
            "In lead %(lead)s, for a person whom the model has never seen, such an answer is right %(share)s times; "
            "measured on %(people)s person.",
            "In lead %(lead)s, for a person whom the model has never seen, such an answer is right %(share)s times; "
            "measured on %(people)s people.",
            measured.people,
        )
        return sentence % told
    sentence = ngettext(
        "For a person whom the model has never seen, such an answer is right %(share)s times; measured on %(people)s "
        "person.",
        "For a person whom the model has never seen, such an answer is right %(share)s times; measured on %(people)s "
        "people.",
        measured.people,
    )
    return sentence % told


def _what_one_beat_hides(answer: Answer) -> str:
    if answer.is_shared and any(entry["short"] == _NORMAL for entry in answer.prediction_set):
        return _("The shape is that of a normal beat; whether it came early can’t be seen in one beat, nor the rhythm.")
    return _("One beat can’t show the rhythm: whether it came early, how often such beats come, how long it lasts.")
