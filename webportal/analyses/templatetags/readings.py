"""Numbers as people read them and as SVG wants them, and who read what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.formats import number_format
from django.utils.translation import gettext

from webportal.accounts.models import User
from webportal.analyses import answers, reasons, thumbnails
from webportal.analyses.models import Analysis, Review, Upload
from webportal.pages import catalogue

register = template.Library()


@register.filter
def percent(probability: float) -> str:
    """A probability in per cent; never "100.0 %" or "0.0 %" for what is not quite certain."""
    if 0.9995 <= probability < 1:
        return f"> {number_format(99.9, 1)} %"
    if 0 < probability < 0.0005:
        return f"< {number_format(0.1, 1)} %"
    # Rounded here: number_format cuts digits off.
    return f"{number_format(round(probability * 100, 1), 1)} %"


@register.filter
def bar_width(probability: float) -> str:
    """Width of a bar in a drawing that is 100 wide, with a decimal point in every language."""
    return f"{min(max(probability, 0.0), 1.0) * 100:.2f}"


@register.filter
def kind_name(name: str) -> str:
    """The name of a class in the reader's language where there are words for it, otherwise as the model gives it."""
    return catalogue.translated(name)


@register.filter
def kind_names(entries: Iterable[dict[str, Any]]) -> str:
    """The names of several classes in a row, as :func:`kind_name` gives each."""
    return ", ".join(kind_name(entry["name"]) for entry in entries)


@register.simple_tag(takes_context=True)
def listed_thumbnail(context: Context, upload: Upload) -> str:
    """Address of the thumbnail of somebody's upload in a list that the audit log has an entry about."""
    return thumbnails.listed(upload, context["user"])


@register.filter
def spoken_name(analysis: Analysis) -> str:
    """What an analysis is called where it isn't seen: its label, else its outcome in short."""
    answer = answers.shown(analysis)
    if analysis.upload.label:
        return analysis.upload.label
    if answer.is_no_beat:
        return str(Analysis.Verdict.NOT_A_BEAT.label)
    return catalogue.translated(answer.class_name) or str(analysis.get_state_display())


@register.filter
def answer_to(analysis: Analysis, user: User) -> answers.Answer:
    """What ``user`` may be shown of the answer."""
    return answers.shown_to(user, analysis)


def said_of_no_beat(answer: answers.Answer) -> str:
    """In one line what is said of a picture that is no heartbeat."""
    return ": ".join(filter(None, (gettext("Not a heartbeat"), answer.why_in_short)))


@register.filter
def said_by_model(analysis: Analysis) -> str:
    """In one word what the model said, for somebody who may see it."""
    answer = answers.shown(analysis)
    return said_of_no_beat(answer) if answer.is_no_beat else catalogue.translated(answer.class_name)


@register.filter
def explained(reason: str) -> reasons.Explanation:
    """The words for a reason code."""
    return reasons.explain(reason)


@register.filter
def review_by(analysis: Analysis, user: User) -> Review | None:
    """What ``user`` reads in a picture, if they wrote it down."""
    return analysis.review_by(user.pk)
