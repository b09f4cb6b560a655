"""Every address of the portal, opened and posted to as everybody: what docs/access.md says and its test compares."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.admindocs.views import simplify_regex
from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from webportal.analyses.models import Analysis, Batch, ReadingRound
from webportal.api.models import AccessToken
from webportal.recordings.models import Recording

_ROOT = Path(__file__).resolve().parents[2]
PAGE = _ROOT / "docs" / "access.md"
_SAMPLES = _ROOT / "samples"

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES = ("anonymous", "owner", "other user", "reviewer", "reviewer, shared", "administrator")
HEAD = f"""\
# Who may open what

Every address of the portal, and what it answers to an anonymous visitor, to the owner of the picture or analysis in the
address, to another user, to a reviewer with whom it is not and with whom it is shared, and to an administrator. A test
opens every address as everybody and compares: an address that is not here, or answers otherwise, fails.

- **yes**: answered; what is in a list is one's own
- **log in**: sent to the log-in page; **password**: asked for the password once more
- **not found**: 404, as if it weren't there; **refused**: 403; **–**: the address doesn't take this method
- **token**: 401. Programs (`/api/v1/`) are known by an access token alone; here everybody but the anonymous visitor has
  one that may do everything, and a session besides

| address | method | {" | ".join(ROLES)} |
|---|---|{"---|" * len(ROLES)}
"""
#: What calls of programs say: to be judged by who says it, they have to be without fault.
_SAID: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("/api/v1/analyses/<analysis_id>", "PATCH"): {"notes": "seen"},
    ("/api/v1/analyses/<analysis_id>/readings", "POST"): {"kind": "PVC"},
    ("/api/v1/analyses/<analysis_id>/sharing", "PUT"): {"shared": True},
    ("/api/v1/batches/<batch_id>", "PATCH"): {"name": "Monday"},
    ("/api/v1/recordings/<recording_id>", "PATCH"): {"name": "Monday"},
    ("/api/v1/recordings/<recording_id>/answers", "POST"): {"rate": 250},
    ("/api/v1/recordings/<recording_id>/edits", "POST"): {"kind": "rename", "family": 1, "class": "NOT_A_BEAT"},
    ("/api/v1/recordings/<recording_id>/page/beat", "POST"): {"region": [0, 0, 64, 64]},
    ("/api/v1/recordings/<recording_id>/page/confirmation", "POST"): {"names": ["II"]},
    ("/api/v1/recordings/<recording_id>/page/corrections", "POST"): {"mm_per_mv": 10},
    ("/api/v1/recordings/<recording_id>/sharing", "PUT"): {"shared": True},
}
PROGRAMS = "/api/"
_PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Answer:
    """What one role got from one address by one method."""

    address: str
    method: str
    role: str
    outcome: str
    body: bytes


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address that the portal knows, its variable parts in angle brackets."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + simplify_regex(str(pattern.pattern)).lstrip("/")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route


def filled(route: str, analysis: Analysis) -> str:
    """``route`` with the variable parts of ``analysis``; a KeyError names a part that nobody thought of here."""
    values = {
        "analysis_id": str(analysis.pk),
        "upload_id": str(analysis.upload_id),
        "short": "PVC",
        "batch_id": _first(Batch.objects.filter(owner=analysis.owner_id)),
        "round_id": _first(ReadingRound.objects.filter(reader=analysis.owner_id)),
        "number": "0" if "/files/" in route else "1",
        "recording_id": _recording(analysis),
        "factor": "16",
        "tile": "0",
        "hour": "0",
        "sample": "strip-scan" if route.endswith("/picture") else "normal",
        # Of the pages about accounts and of the administration; links that were never sent.
        "key": "no-such-key",
        "uidb36": "1",
        "app_label": "analyses",
        "content_type_id": "1",
        "url": "nothing-here",
        "id": str(analysis.owner_id),
        # A sample's; a token's.
        "name": "beats.csv" if "/recordings/" in route else min((_SAMPLES / "PVC").glob("*.png")).stem,
        "token": "no-such-token",
        "access_token_id": _first(AccessToken.objects.filter(owner=analysis.owner_id)),
        "rest": "nothing/here",
    }
    if "object_id" in route:
        values["object_id"] = _row_for(route, analysis)
    return _PLACEHOLDER.sub(lambda part: values[part[1]], route)


def _first(rows: QuerySet[Any]) -> str:
    """The key of the first of ``rows``; one of nothing where there is none."""
    return str(rows.values_list("pk", flat=True).first() or uuid.uuid4())


def _recording(analysis: Analysis) -> str:
    """The key of the owner's recording that is shared, or not, as the analysis is."""
    recordings = Recording.objects.filter(owner=analysis.owner_id, shared_at__isnull=analysis.shared_at is None)
    return _first(recordings.order_by("created_at"))


def _row_for(route: str, analysis: Analysis) -> str:
    """The key of a row for a page of the administration."""
    for model in admin.site._registry:
        if route.startswith(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")):
            row = analysis if model is Analysis else model._default_manager.first()
            return "1" if row is None else str(row.pk)
    return str(analysis.pk)  # a short cut to any page, whatever it belongs to


def answers(clients: Mapping[str, Client], own: Analysis, shared: Analysis) -> Iterator[Answer]:
    """Ask every address as each of ``clients``. Whatever an answer changes is undone before the next."""
    for route in sorted(set(routes())):
        for method in _METHODS if route.startswith(PROGRAMS) else _METHODS[:2]:
            for role in clients:
                client, cookies = clients[role], clients[role].cookies.copy()
                with transaction.atomic():
                    url = filled(route, shared if role == "reviewer, shared" else own)
                    response = _asked(client, method, url, _without_types(route))
                    body = response.getvalue()
                    transaction.set_rollback(True)
                client.cookies = SimpleCookie(cookies)
                yield Answer(_without_types(route), method, role, _outcome(response, url), body)


def _without_types(route: str) -> str:
    return re.sub(r"<\w+:", "<", route)


def _asked(client: Client, method: str, url: str, address: str) -> HttpResponseBase:
    """The answer to a visit, a form that says nothing, or a program's call."""
    if said := _SAID.get((address, method)):
        return client.generic(method, url, json.dumps(said), content_type="application/json")
    return client.post(url) if method == "POST" else client.generic(method, url)


def _outcome(response: HttpResponseBase, url: str) -> str:
    if response.status_code >= 500:
        raise AssertionError(f"{url} answered {response.status_code}")
    if response.status_code in (301, 302, 303):
        place = response["Location"]
        if place.startswith((reverse("account_login"), reverse("admin:login"))):
            return "log in"
        return "password" if place.startswith(reverse("account_reauthenticate")) else "yes"
    return {401: "token", 403: "refused", 404: "not found", 405: "–"}.get(response.status_code, "yes")


def table(answers: list[Answer]) -> str:
    """The whole of docs/access.md."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for answer in answers:
        rows.setdefault((answer.address, answer.method), {})[answer.role] = answer.outcome
    lines = [
        f"| `{address}` | {method} | {' | '.join(outcomes[role] for role in ROLES)} |\n"
        for (address, method), outcomes in rows.items()
        if set(outcomes.values()) - {"–", "log in"} or (method == "GET" and not address.startswith(PROGRAMS))
    ]
    return HEAD + "".join(lines)
