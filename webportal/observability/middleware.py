"""Gives every request its trace, counts and times it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from inference_server.runtime import trace

from webportal.observability import metrics

#: Methods that are told apart; a client may send any word.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


logger = logging.getLogger(__name__)

#: What an answer says it belongs to, so that whoever gets it can name it.
TRACE_HEADER: Final = "X-Trace-Id"


class TraceMiddleware:
    """Stands first: whatever is logged about a request has the id of its trace, and so has what it asks of others.

    The trace is that of the proxy in front, where it sends a ``traceparent``, or a new one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the request through, within its trace."""
        of = trace.read(request.headers.get(trace.KEY, "")) or trace.begin()
        before = trace.current.set(of)
        begun = time.perf_counter()
        try:
            response = self.get_response(request)
            response[TRACE_HEADER] = of.id
            fields = {"view": _view(request), "status": response.status_code}
            logger.debug("request", extra=fields | {"milliseconds": round((time.perf_counter() - begun) * 1000, 3)})
            return response
        finally:
            trace.current.reset(before)


class MetricsMiddleware:
    """Stands before all that answer, so that what they answer is counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the request through; Django has made an answer of any exception."""
        metrics.request_begun()
        begun = time.perf_counter()
        status = 500
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            method = request.method if request.method in _METHODS else "OTHER"
            metrics.request_ended(_view(request), method or "OTHER", status, time.perf_counter() - begun)


def _view(request: HttpRequest) -> str:
    """The name of the view, never the address: ids stand in addresses."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"
