"""Whatever goes wrong in a call, as a problem document; see :mod:`webportal.problems`."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, NoReturn

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as RowError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import ValidationError as CallError

from webportal import errors, problems
from webportal.analyses import reasons
from webportal.disk import DiskFull
from webportal.refusal import Refused

#: Most faults of a call that are told.
_MOST_TOLD: Final = 20


class Problem(Exception):  # noqa: N818 - it is an answer, not a fault
    """A call is answered with a problem document."""

    def __init__(
        self, status: HTTPStatus, reason: str, detail: str = "", *, retry_after: float | None = None, **more: Any
    ) -> None:
        super().__init__(reason)
        self.status, self.reason, self.detail, self.retry_after, self.more = status, reason, detail, retry_after, more


def not_yet() -> Problem:
    """What needs an answer that is not there."""
    return Problem(HTTPStatus.CONFLICT, "NO_ANSWER_YET", _("There is no answer yet."))


def nothing_asked() -> Problem:
    """An answer to what is not, or no longer, asked."""
    return Problem(HTTPStatus.CONFLICT, "NOTHING_ASKED", _("Nothing is asked."))


def not_in_trash() -> Problem:
    """What is done to the trash alone."""
    return Problem(HTTPStatus.CONFLICT, "NOT_IN_TRASH", _("Only what is in the trash is deleted for good."))


def unusable(reason: str) -> Problem:
    """A file that can't be taken, for good; ``reason`` is one of :mod:`webportal.analyses.reasons`."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, reason, str(reasons.explain(reason)))


def faulty(field: str, problem: str) -> Problem:
    """A call with one fault."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "CALL_INVALID",
        _("The call has a fault: %(field)s.") % {"field": field},
        errors=[{"field": field, "problem": problem}],
    )


def handle(api: NinjaAPI) -> None:
    """Let ``api`` answer every exception with a problem document."""
    handlers: dict[type[Exception], Callable[..., HttpResponse]] = {
        Problem: _problem,
        Refused: _refused,
        CallError: _call_error,
        RowError: _row_error,
        Http404: _not_found,
        PermissionDenied: _not_found,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = problems.answer(
        problem.status, problem.reason, problem.detail, retry_after=problem.retry_after, **problem.more
    )
    if problem.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="beatlens"'
    return response


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Nothing is wrong with what was sent: later (429), once there is room (507), or not in a full account (409)."""
    if isinstance(refusal, DiskFull):
        return errors.storage_full(request, refusal)
    status = HTTPStatus.CONFLICT if refusal.retry_after is None else HTTPStatus.TOO_MANY_REQUESTS
    detail = str(reasons.explain(refusal.reason))
    return problems.answer(status, refusal.reason, detail, retry_after=refusal.retry_after)


def _call_error(request: HttpRequest, error: CallError) -> HttpResponse:
    faults = [
        # Where it stands, without what the framework calls the whole of it.
        {"field": ".".join(str(part) for part in fault["loc"] if part not in _WHOLES), "problem": fault["msg"]}
        for fault in error.errors[:_MOST_TOLD]
    ]
    names = ", ".join(fault["field"] for fault in faults)
    detail = _("The call has a fault: %(field)s.") % {"field": names}
    return problems.answer(HTTPStatus.UNPROCESSABLE_ENTITY, "CALL_INVALID", detail, errors=faults)


_WHOLES: Final = frozenset({"body", "query", "path", "form", "file", "header", "wanted", "change", "written", "sent"})


def _row_error(request: HttpRequest, error: RowError) -> HttpResponse:
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    faults = [{"field": field, "problem": text} for field, texts in by_field.items() for text in texts]
    detail = faults[0]["problem"]
    return problems.answer(HTTPStatus.UNPROCESSABLE_ENTITY, "CALL_INVALID", detail, errors=faults[:_MOST_TOLD])


def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.answer(HTTPStatus.NOT_FOUND)


def _unexpected(request: HttpRequest, error: Exception) -> NoReturn:
    raise error  # webportal.errors answers, with an id that is in the log too
