"""Who asks."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from webportal.accounts.models import User


def current_user(request: HttpRequest) -> User:
    """The logged-in user, in a view that requires one."""
    return cast(User, request.user)
