"""The form, for pages that know nothing else of trying."""

from __future__ import annotations

from typing import Any

from django import template

from webportal.trial.forms import TrialForm

register = template.Library()


@register.inclusion_tag("trial/form.html")
def trial_form() -> dict[str, Any]:
    """The empty form."""
    return {"form": TrialForm()}
