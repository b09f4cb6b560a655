"""What a program is told when something goes wrong: problem documents (RFC 9457) with stable reason codes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

MEDIA_TYPE: Final = "application/problem+json"
#: Where programs ask; all other addresses are for people.
_ADDRESSES: Final = "/api/"
#: The code for a status where nothing more is known.
REASONS: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "REQUEST_MALFORMED",
    HTTPStatus.FORBIDDEN: "NOT_ALLOWED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "REQUEST_TOO_LARGE",
    HTTPStatus.TOO_MANY_REQUESTS: "CALL_RATE_REACHED",
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL_ERROR",
    HTTPStatus.SERVICE_UNAVAILABLE: "DATABASE_BUSY",
    HTTPStatus.INSUFFICIENT_STORAGE: "STORAGE_FULL",
}


def are_wanted(request: HttpRequest) -> bool:
    """Whether a program asks, not a browser."""
    return request.path.startswith(_ADDRESSES)


def answer(
    status: HTTPStatus, reason: str = "", detail: str = "", *, retry_after: float | None = None, **more: Any
) -> HttpResponse:
    """A problem document.

    Args:
        reason: stable code; that of the status where it is empty.
        detail: a sentence for people; that of the status where it is empty.
        retry_after: seconds after which asking again may help.
        more: further members of the document.
    """
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "reason": reason or REASONS[status],
        "detail": detail or _sentence(status),
        **more,
    }
    response = HttpResponse(json.dumps(document, ensure_ascii=False), content_type=MEDIA_TYPE, status=status)
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return response


def _sentence(status: HTTPStatus) -> str:
    known = {
        HTTPStatus.FORBIDDEN: _("That is not allowed."),
        HTTPStatus.NOT_FOUND: _("There is none, or it is not for you."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("The address doesn’t take this method."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("That is more than one call may hold."),
        HTTPStatus.TOO_MANY_REQUESTS: _("There have been too many calls within a short time."),
        HTTPStatus.INTERNAL_SERVER_ERROR: _("Something unexpected happened. An administrator finds it by its id."),
        HTTPStatus.SERVICE_UNAVAILABLE: _("Just now there is too much to do. Come back in a moment."),
        HTTPStatus.INSUFFICIENT_STORAGE: _("The disk of this installation is full, so that nothing new can be stored."),
    }
    return known.get(status) or f"{status.description or status.phrase}."
