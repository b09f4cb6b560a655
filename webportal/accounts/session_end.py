"""What becomes of a request whose session has ended."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionEndMiddleware:
    """Sends people to the log-in page in a way that they, and scripts, can do something with.

    A script is told 401 instead of being led to a page that it would take for the answer. A form is not received, and
    its address answers no visit: after logging in one is led back to the page that it was on, and told so.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, and change where it is sent to log in."""
        response = self.get_response(request)
        if not isinstance(response, HttpResponseRedirect) or request.user.is_authenticated:
            return response
        login = resolve_url(settings.LOGIN_URL)
        if urlsplit(response.url).path != login:
            return response
        if "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        if request.method == "POST" and request.path != login:
            messages.warning(request, _("Your session had ended. What you sent was not received: send it once more."))
            return HttpResponseRedirect(f"{login}?{urlencode({'next': _page_of_form(request)})}")
        return response


def _page_of_form(request: HttpRequest) -> str:
    """The page that a form was on, as far as it is one of ours."""
    page = request.headers.get("Referer", "")
    parts = urlsplit(page)
    if parts.netloc != request.get_host() or not parts.path.startswith("/") or parts.path.startswith("//"):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
