"""Answers that a browser may keep, and asks for each time whether it still may show them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

BYTES: Final = "application/octet-stream"


def unless_known(request: HttpRequest, key: str, content: Callable[[], bytes], media_type: str = BYTES) -> HttpResponse:
    """The content, or 304 where the browser has it.

    Args:
        request: What was asked.
        key: Tells this content from any other.
        content: Makes it.
        media_type: What it is.
    """
    etag = f'"{key}"'
    response = get_conditional_response(request, etag=etag)
    if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
        response = HttpResponse(content(), content_type=media_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
