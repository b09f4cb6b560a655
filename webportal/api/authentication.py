"""Who calls, and what they may do: by an access token alone. A session is never asked, so no page of a stranger can
call in the name of whoever has it open.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase

from webportal.api import tokens
from webportal.api.errors import Problem
from webportal.api.models import AccessToken

#: After how long a limited caller is told to come back, seconds; limits by the hour take longer.
_RETRY_SECONDS: Final = {"report": 60.0, "upload": 60.0, "api": 60.0, "api_refused": 60.0}


class AccessTokenAuth(AuthBase):
    """``Authorization: Bearer`` with a token of a scope."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "An access token, made on the account page."

    def __init__(self, scope: AccessToken.Scope) -> None:
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> AccessToken:
        """The token of the call; from here on the request is its owner's.

        Raises:
            Problem: there is none, it is not (any more) valid, doesn't reach so far, or is used too often.
        """
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise _refusal(request, "TOKEN_MISSING", _("Send an access token: “Authorization: Bearer …”."))
        token = tokens.find(secret.strip())
        if token is None:
            raise _refusal(request, "TOKEN_INVALID", _("The access token is unknown, has expired or was revoked."))
        request.user = token.owner
        limit(request, "api")
        if self.scope not in token.allowed:
            detail = _("The access token lacks the scope “%(scope)s”.") % {"scope": self.scope.value}
            raise Problem(HTTPStatus.FORBIDDEN, "SCOPE_MISSING", detail, scope=self.scope.value)
        tokens.note_use(token)
        return token


READ: Final = AccessTokenAuth(AccessToken.Scope.READ)
UPLOAD: Final = AccessTokenAuth(AccessToken.Scope.UPLOAD)
REVIEW: Final = AccessTokenAuth(AccessToken.Scope.REVIEW)
EDIT: Final = AccessTokenAuth(AccessToken.Scope.EDIT)


def limit(request: HttpRequest, action: str) -> None:
    """Count a call against one of ``ACCOUNT_RATE_LIMITS``, which pages and programs share.

    Raises:
        Problem: there have been too many.
    """
    if not ratelimit.consume(request, app="allauth.account", action=action, limit_get=True):
        detail = _("There have been too many calls within a short time.")
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS, "CALL_RATE_REACHED", detail, retry_after=_RETRY_SECONDS.get(action, 60.0)
        )


def _refusal(request: HttpRequest, reason: str, detail: str) -> Problem:
    limit(request, "api_refused")
    return Problem(HTTPStatus.UNAUTHORIZED, reason, detail)
