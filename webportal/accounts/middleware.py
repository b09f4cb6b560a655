"""What every request goes by."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from webportal.accounts import zones


class TimeZoneMiddleware:
    """Times on the pages, in reports and in filters by day are those of the person's own clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through in its zone."""
        with timezone.override(zones.of(request)):
            return self.get_response(request)
