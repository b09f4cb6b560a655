"""Who is at work: the request that the running code serves, for what is far from any view and must know."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from webportal.accounts.models import User

_request: ContextVar[HttpRequest | None] = ContextVar("acting_request", default=None)


class ActingMiddleware:
    """Remembers the request for as long as it is served. Stands below the one that knows the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through."""
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def is_request() -> bool:
    """Whether a request is being served; otherwise it is a command, a worker or a shell."""
    return _request.get() is not None


def user() -> User | None:
    """The logged-in user whose request is being served; ``None`` for visitors and outside of requests."""
    request = _request.get()
    if request is None or not request.user.is_authenticated:
        return None
    return request.user


def session_key() -> str | None:
    """The key of the session that the request belongs to."""
    request = _request.get()
    return None if request is None else request.session.session_key
