"""What a person sees when something goes wrong, and what is logged about it: an id on both sides, no more."""

from __future__ import annotations

import logging
import os
import sys
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from webportal import database_errors, disk, problems
from webportal.media import failures

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable[..., object])

#: How much of a refused body is read away, bytes, so that the browser sees the answer and not a broken connection.
_DRAIN_BYTES = 64 * 1024 * 1024
#: Room for the fields of a form beside one picture.
_FORM_BYTES = 64 * 1024
#: When to try again what database or storage were too busy for, seconds.
_RETRY_SECONDS = 5
#: Where the server of the connections says, as ``errno``, that it could not keep a request's body, e.g. on a full disk.
NOT_KEPT = "beatlens.not_kept"


def new_error_id() -> str:
    """A short id that a person can read out and an administrator can find in the log."""
    return uuid.uuid4().hex[:12]


def log_unexpected(where: str, error: BaseException) -> str:
    """Log an unexpected exception with its traceback under a new id and return the id."""
    error_id = new_error_id()
    logger.error("Unexpected error %s in %s", error_id, where, exc_info=error)
    return error_id


class RequestSizeMiddleware:
    """Answers 413 to a body that is larger than the largest allowed upload, before anything parses it.

    A body that could not be stored while it came in is an error like any other that says so.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, or answer it here."""
        if number := request.META.get(NOT_KEPT):
            raise OSError(number, os.strerror(number))
        if _length(request) <= settings.REQUEST_MAX_BYTES:
            return self.get_response(request)
        _drain(request)
        return too_large(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """The same for a view that takes less than others, see :func:`at_most_one_picture`."""
        if not getattr(view, "takes_one_picture", False):
            return None
        if _length(request) <= settings.PICTURE_MAX_BYTES + _FORM_BYTES:
            return None
        _drain(request)
        return too_large(request, one_picture=True)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest) -> None:
    left = min(_length(request), _DRAIN_BYTES)
    while left > 0 and (chunk := request.read(min(left, 1024 * 1024))):
        left -= len(chunk)


def at_most_one_picture(view: View) -> View:
    """Marks a view whose forms hold one picture: a larger body isn't parsed at all."""
    view.takes_one_picture = True  # type: ignore[attr-defined]
    return view


def _page(request: HttpRequest, template: str, status: HTTPStatus, **context: object) -> HttpResponse:
    if problems.are_wanted(request):
        return problems.answer(status)
    return render(request, template, context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _page(request, "400.html", HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _page(request, "403.html", HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was opened too long ago or elsewhere."""
    return _page(
        request,
        "403.html",
        HTTPStatus.FORBIDDEN,
        explanation=_("This form is no longer valid. Go back, reload the page and send it again."),
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for things that exist but belong to somebody else."""
    return _page(request, "404.html", HTTPStatus.NOT_FOUND)


def too_large(request: HttpRequest, *, one_picture: bool = False) -> HttpResponse:
    """413."""
    return _page(
        request,
        "413.html",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        one_picture=one_picture,
        max_mib=(settings.PICTURE_MAX_BYTES if one_picture else settings.REQUEST_MAX_BYTES) // (1024 * 1024),
    )


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429."""
    return _page(request, "429.html", HTTPStatus.TOO_MANY_REQUESTS)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, 507 for want of room, or 503 for what passes; called by Django while the exception is being handled."""
    error = sys.exc_info()[1]
    if disk.is_full(error):
        return storage_full(request, error)
    if database_errors.passes(error) or failures.passes(error):
        return _busy(request, error)
    return _failed(request, error, "500.html", HTTPStatus.INTERNAL_SERVER_ERROR, "Unexpected error")


def storage_full(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """507; ``error`` says that nothing more can be written."""
    return _failed(request, error, "507.html", HTTPStatus.INSUFFICIENT_STORAGE, "Nothing more can be written, error")


def _busy(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """503, and one line in the log: there is nothing to look for."""
    logger.warning(
        "Database or storage was too busy for %s %s: %s", request.method, _view(request), type(error).__name__
    )
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if problems.are_wanted(request):
        return problems.answer(status, retry_after=_RETRY_SECONDS)
    return HttpResponse(render_to_string("503.html"), status=status, headers={"Retry-After": str(_RETRY_SECONDS)})


def _failed(
    request: HttpRequest, error: BaseException | None, template: str, status: HTTPStatus, message: str
) -> HttpResponse:
    """A page with the id of what is logged.

    It is drawn without the request: no session, user or database that may be what is broken.
    """
    error_id = new_error_id()
    logger.error("%s %s in %s %s", message, error_id, request.method, _view(request), exc_info=error)
    if problems.are_wanted(request):
        return problems.answer(status, error_id=error_id)
    return HttpResponse(render_to_string(template, {"error_id": error_id}), status=status)


def _view(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else "an unknown view"
