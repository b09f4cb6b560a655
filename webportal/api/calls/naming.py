"""What a call names by any usual spelling."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext as _
from ecg import leads

from webportal.api.errors import Problem


def lead_named(lead: str) -> str:
    """A lead by its usual name; empty where none is named.

    Raises:
        Problem: it names none.
    """
    name = leads.resolve(lead) if lead else ""
    if name is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "LEAD_UNKNOWN", _("No lead is known by that name."))
    return name


def with_lead(lead: str | None) -> tuple[str, ...]:
    """What a lead, or an empty one, adds to what a call says; None adds nothing, as before there were leads."""
    return () if lead is None else (f"lead={lead}",)
