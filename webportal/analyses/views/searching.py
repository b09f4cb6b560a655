"""What the address of a history asks for. Every page that one goes to from a history has it in its address too."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from webportal.accounts.current import current_user
from webportal.analyses import access
from webportal.analyses.forms import HistoryForm
from webportal.analyses.history import batches, queries
from webportal.analyses.models import Analysis
from webportal.pages import catalogue
from webportal.paging import Order

#: Longest search that is carried along, characters; no form makes one as long.
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Search:
    """A search in one's own history."""

    form: HistoryForm
    """Bound and validated. A field that makes no sense is marked on the page and otherwise left out."""
    found: QuerySet[Analysis]
    order: Order
    text: str
    """As it stands in an address, without the place in the list."""

    def back_to(self, analysis: Analysis) -> str:
        """Address of the page of the history that has ``analysis`` in its middle, at its place there."""
        after = queries.page_around(self.found, self.order, analysis)
        parts = [part for part in (self.text, urlencode({"after": str(after)}) if after else "") if part]
        return f"{reverse('analyses:history')}{'?' if parts else ''}{'&'.join(parts)}#a-{analysis.pk}"


def search(request: HttpRequest, wanted: QueryDict) -> Search:
    """What is asked for by ``wanted``, as an address has it."""
    user = current_user(request)
    classes = [(entry.short, entry.title) for entry in catalogue.entries()]
    batch = batches.asked_for(user, wanted.get("batch") or "")
    form = HistoryForm(wanted, classes=classes, tags=access.own_tags(user), batch=batch)
    form.is_valid()
    parameters = [(name, str(value)) for name, value in wanted.items() if value and name in form.fields]
    analyses = queries.matching(user, access.own_analyses(user), form.cleaned_data)
    return Search(form, analyses, form.order, urlencode(parameters))


def carried(request: HttpRequest) -> QueryDict:
    """The search that a form on a page carries along in its field ``looking``."""
    text = request.POST.get("looking", "")
    return QueryDict(text if len(text) <= LONGEST else "")


def with_search(address: str, text: str) -> str:
    """``address`` with a search in it."""
    return f"{address}?{text}" if text else address
