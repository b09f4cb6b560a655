"""Pages that anyone may read."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webportal.pages import catalogue


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Beatlens is and how to try it."""
    return render(request, "pages/home.html")


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
