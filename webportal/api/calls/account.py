"""The account that a token acts for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from webportal.accounts import quota
from webportal.accounts.current import current_user
from webportal.analyses import access
from webportal.api import authentication as auth
from webportal.api.models import AccessToken
from webportal.api.schemas.account import AccountOut, TagsOut

router = Router(tags=["account"])


@router.get("/account", auth=auth.READ, response=AccountOut, url_name="account")
def get_account(request: HttpRequest) -> dict[str, Any]:
    """What the token may do, how much room the account has, and what may be sent."""
    user, token = current_user(request), _token(request)
    space = quota.space_of(user)
    return {
        "token": {"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at},
        "is_reviewer": user.is_reviewer,
        "stored_bytes": space.used,
        "quota_bytes": space.quota,
        "limits": {
            "picture_bytes": settings.PICTURE_MAX_BYTES,
            "picture_pixels": settings.PICTURE_MAX_PIXELS,
            "archive_bytes": settings.ARCHIVE_MAX_BYTES,
            "request_bytes": settings.REQUEST_MAX_BYTES,
            "files": settings.UPLOAD_MAX_PICTURES,
            "pictures_per_minute": settings.UPLOAD_PICTURES_PER_MINUTE or None,
        },
    }


@router.get("/tags", auth=auth.READ, response=TagsOut, url_name="tags")
def list_tags(request: HttpRequest) -> dict[str, Any]:
    """The words that one sorts by, by name."""
    return {"items": list(access.own_tags(current_user(request)).values_list("name", flat=True))}


def _token(request: HttpRequest) -> AccessToken:
    token = request.auth  # type: ignore[attr-defined]
    assert isinstance(token, AccessToken)  # noqa: S101 - set by the authentication
    return token
