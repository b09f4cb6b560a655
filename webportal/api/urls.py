"""Addresses of the interface for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from webportal import problems
from webportal.api.interface import document, interface, nowhere

app_name = "api"

View = Callable[..., HttpResponseBase]


def _telling(view: View) -> View:
    """``view``, which answers a method that it doesn't take with a problem document."""

    @csrf_exempt
    @wraps(view)
    def told(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            if not response.has_header("Cache-Control"):
                response.headers["Cache-Control"] = "private, no-store"
            return response
        refusal: HttpResponse = problems.answer(HTTPStatus.METHOD_NOT_ALLOWED)
        refusal.headers["Allow"] = response.headers["Allow"]
        return refusal

    return told


def _calls() -> Iterator[URLPattern]:
    for pattern in interface.urls[0]:
        assert isinstance(pattern, URLPattern)  # noqa: S101 - routers are flat
        if pattern.name != "api-root":
            yield URLPattern(pattern.pattern, _telling(pattern.callback), pattern.default_args, pattern.name)


urlpatterns = [
    path("openapi.json", _telling(require_safe(document)), name="openapi"),
    *_calls(),
    path("", csrf_exempt(nowhere), name="root"),
    path("<path:rest>", csrf_exempt(nowhere), name="nowhere"),
]
