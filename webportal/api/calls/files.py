"""Pictures and reports as files, for those who may see them."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router

from webportal.accounts.current import current_user
from webportal.analyses import access
from webportal.analyses.views.files import media_type_of
from webportal.analyses.views.responses import attachment, private_file
from webportal.analyses.views.result import report_of
from webportal.api import authentication as auth
from webportal.api.openapi import answers_with

router = Router(tags=["files"])
_PICTURE = answers_with("image/png", "image/jpeg")
_PNG = answers_with("image/png")


@router.get(
    "/pictures/{uuid:upload_id}",
    auth=auth.READ,
    url_name="picture",
    openapi_extra=_PICTURE,
)
def get_picture(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """The picture, upright and without metadata."""
    upload = access.viewable_upload(current_user(request), upload_id)
    return private_file(upload.picture, upload.media_type)


@router.get(
    "/pictures/{uuid:upload_id}/thumbnail",
    auth=auth.READ,
    url_name="thumbnail",
    openapi_extra=_PNG,
)
def get_thumbnail(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """Its small rendition for lists."""
    upload = access.viewable_upload(current_user(request), upload_id)
    return private_file(upload.thumbnail, "image/png")


@router.get(
    "/pictures/{uuid:upload_id}/original",
    auth=auth.READ,
    url_name="original",
    openapi_extra=answers_with("application/octet-stream"),
)
def get_original(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """The file as one sent it oneself, where it was stored."""
    upload = access.own_original(current_user(request), upload_id)
    media_type = media_type_of(upload.original)
    response = private_file(upload.original, media_type)
    return attachment(response, f"original.{media_type.rpartition('/')[2]}")


@router.get(
    "/analyses/{uuid:analysis_id}/report.pdf",
    auth=auth.READ,
    url_name="report",
    openapi_extra=answers_with("application/pdf"),
)
def get_report(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """One's own analysis on paper."""
    auth.limit(request, "report")
    analysis = access.own_analysis(current_user(request), analysis_id)
    return attachment(HttpResponse(report_of(analysis), content_type="application/pdf"), f"beatlens-{analysis.pk}.pdf")
