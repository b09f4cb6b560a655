"""Answers that are files."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase


def private_file(file: FieldFile, media_type: str) -> HttpResponseBase:
    """A file that the user may see, sent by the proxy in front where there is one that can."""
    response: HttpResponseBase
    if settings.ACCEL_PREFIX:
        response = HttpResponse(content_type=media_type)
        response.headers["X-Accel-Redirect"] = settings.ACCEL_PREFIX + str(file.name)
    else:
        try:
            response = FileResponse(file.open("rb"), content_type=media_type)
        except FileNotFoundError as error:
            raise Http404 from error
    response.headers["Content-Disposition"] = f'inline; filename="heartbeat.{media_type.removeprefix("image/")}"'
    return locked_up(response)


_Response = TypeVar("_Response", bound=HttpResponseBase)


def attachment(response: _Response, name: str) -> _Response:
    """``response`` as a file to be saved."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def locked_up(response: _Response) -> _Response:
    """``response`` as a file that is shown and can do nothing else, and that no cache keeps."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Even if a browser took it for a page, it could do nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
