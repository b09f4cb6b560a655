"""Pages that anyone may read."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from webportal.pages import catalogue, documents


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Beatlens is and how to try it."""
    return render(request, "pages/home.html", {"trial": settings.TRIAL_ENABLED})


@require_safe
def user_guide(request: HttpRequest) -> HttpResponse:
    """How everything works."""
    document = documents.user_guide()
    if document is None:
        raise Http404
    return render(request, "pages/help.html", {"document": document})


@require_safe
def statement(request: HttpRequest, name: str) -> HttpResponse:
    """Privacy, terms or contact."""
    titles = {"privacy": _("Privacy"), "terms": _("Terms of use"), "contact": _("Contact")}
    context = {"document": documents.statement(name), "title": titles[name]}
    return render(request, "pages/statement.html", context)


@require_safe
def info(request: HttpRequest) -> HttpResponse:
    """The classes of heartbeats at a glance."""
    return render(request, "pages/info.html", {"entries": catalogue.entries()})


@require_safe
def about_class(request: HttpRequest, short: str) -> HttpResponse:
    """One class of heartbeats."""
    entry = catalogue.find(short)
    if entry is None:
        raise Http404
    return render(request, entry.template, {"layout": "pages/class_page.html", "entry": entry})
