"""What the address of a history asks for."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from webportal.accounts.current import current_user
from webportal.analyses import access, queries
from webportal.analyses.forms import HistoryForm
from webportal.analyses.models import Analysis
from webportal.pages import catalogue


def history_form(request: HttpRequest, wanted: QueryDict) -> HistoryForm:
    """The form over a history, filled with what is ``wanted``."""
    classes = [(entry.short, entry.title) for entry in catalogue.entries()]
    return HistoryForm(wanted, classes=classes, tags=access.own_tags(current_user(request)))


def found_by(request: HttpRequest, form: HistoryForm) -> tuple[QuerySet[Analysis], queries.Order]:
    """What the form asks for. A field that makes no sense is marked on the page and otherwise left out."""
    form.is_valid()
    user = current_user(request)
    return queries.matching(user, access.own_analyses(user), form.cleaned_data), form.order
