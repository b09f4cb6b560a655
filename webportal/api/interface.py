"""The interface as a whole."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from webportal import problems
from webportal.api import errors, openapi
from webportal.api.calls import account, batches, changes, corrections, exports, files, page_readings, recordings


class Interface(NinjaAPI):
    """``/api/v1/``: no session, no pages of the framework's own, a complete document."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """The OpenAPI document."""
        return openapi.document(self, reverse("api:root") if path_prefix is None else path_prefix)


interface: Final = Interface(
    title="Beatlens",
    version="1",
    description="Send pictures of heartbeats and fetch what the model says. For research and education only.",
    urls_namespace="interface-v1",
    docs_url=None,
    openapi_url=None,
)
interface.add_router("/analyses", changes.router)  # those of analyses, and what is done to them
interface.add_router("/batches", batches.router)
interface.add_router("/recordings", recordings.router)
interface.add_router("/recordings", corrections.router)
interface.add_router("/recordings", page_readings.router)
interface.add_router("", exports.router)
interface.add_router("", files.router)
interface.add_router("", account.router)
errors.handle(interface)


def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; anyone may read it."""
    return interface.create_response(request, interface.get_openapi_schema(), status=HTTPStatus.OK)


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """For every other address."""
    return problems.answer(HTTPStatus.NOT_FOUND)
