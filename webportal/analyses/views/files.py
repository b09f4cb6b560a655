"""Pictures as files, for those who may see them."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from ecg.pictures.kinds import BEGINNING_BYTES

from webportal.accounts.current import current_user
from webportal.analyses import access
from webportal.analyses.intake import sniffing
from webportal.analyses.views.responses import attachment, private_file


@login_required
@require_safe
def picture(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """The picture itself, for those who may see it."""
    upload = access.viewable_upload(current_user(request), upload_id)
    return private_file(upload.picture, upload.media_type)


@login_required
@require_safe
def original(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """The file as its owner sent it, for them alone, to be saved and not to be shown."""
    upload = access.own_original(current_user(request), upload_id)
    media_type = media_type_of(upload.original)
    response = private_file(upload.original, media_type)
    return attachment(response, f"original.{media_type.rpartition('/')[2]}")


@login_required
@require_safe
def thumbnail(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """Its small rendition for lists."""
    upload = access.viewable_upload(current_user(request), upload_id, listed=request.GET.get("listed", ""))
    return private_file(upload.thumbnail, "image/png")


def media_type_of(file: FieldFile) -> str:
    """What a file is by its first bytes: an original may be of another kind than the picture that was made of it."""
    try:
        with file.open("rb") as content:
            return sniffing.media_type_of(content.read(BEGINNING_BYTES))
    except FileNotFoundError as error:
        raise Http404 from error
