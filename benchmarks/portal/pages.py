"""Answers a portal's pages of pictures or of recordings in this process, one at a time as asked: one JSON line for each
line read.

Asked ``{"page": name, "count": true}`` it tells the number of queries, else the seconds that the server took, from the
request to the last byte of the page. It runs beside another of its kind on a database of another size.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import django

from benchmarks.portal.drawn import ADMINISTRATOR, MIDDLING, NEWEST, OWNER, RARE


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the portal, opened by one of two people."""

    name: str
    path: str
    user: str = OWNER


_MONTH: Final = f"since={(NEWEST - timedelta(days=2)).date()}&until={NEWEST.date()}"
#: A place near the end of the owner's history is added to this one.
DEEP: Final = "history, thousands of pages on"

PAGES: Final = (
    Page("history", "/history/"),
    Page(DEEP, "/history/?after="),
    Page("history, oldest first", "/history/?sort=oldest"),
    Page("history, most uncertain first", "/history/?sort=uncertain"),
    Page("history of a rare class", "/history/?kind=VF"),
    Page("history of uncertain answers", "/history/?outcome=UNCERTAIN"),
    Page("history of failed ones", "/history/?outcome=failed"),
    Page("history of one class by one version, not reviewed", "/history/?kind=NORMAL&version=1&reviewed=no"),
    Page("history of corrected ones", "/history/?reviewed=disagrees"),
    Page("history of two days", f"/history/?{_MONTH}"),
    Page("history searched for a common word", "/history/?q=ward"),
    Page("history searched for a rare word", f"/history/?q={RARE}"),
    Page("history searched for one label in 600", f"/history/?q={quote(MIDDLING)}"),
    Page("history searched for two letters", "/history/?q=wa"),
    Page("history searched for two letters, in vain", "/history/?q=qx"),
    Page("history searched in vain", "/history/?q=nothing-like-it"),
    Page("trash", "/trash/"),
    Page("administration: analyses", "/admin/analyses/analysis/", ADMINISTRATOR),
    Page("administration: failed analyses", "/admin/analyses/analysis/?state__exact=failed", ADMINISTRATOR),
    Page("administration: uncertain analyses", "/admin/analyses/analysis/?verdict__exact=UNCERTAIN", ADMINISTRATOR),
    Page("administration: one person's analyses", f"/admin/analyses/analysis/?q={OWNER}", ADMINISTRATOR),
    Page("administration: uploads", "/admin/analyses/upload/", ADMINISTRATOR),
    Page("administration: reviews", "/admin/analyses/review/", ADMINISTRATOR),
)


#: The same of recordings.
DEEP_RECORDINGS: Final = "recordings, thousands of pages on"
_LIST: Final = "/recordings/"
_ADMIN: Final = "/admin/recordings/"

RECORDING_PAGES: Final = (
    Page("recordings", _LIST),
    Page(DEEP_RECORDINGS, f"{_LIST}?after="),
    Page("recordings with a report", f"{_LIST}?state=done"),
    Page("recordings on their way", f"{_LIST}?state=open"),
    Page("recordings that ask something", f"{_LIST}?state=asking"),
    Page("recordings that came to nothing", f"{_LIST}?state=stopped"),
    Page("recordings of two days", f"{_LIST}?{_MONTH}"),
    Page("recordings searched for a common word", f"{_LIST}?q=ward"),
    Page("recordings searched for a rare word", f"{_LIST}?q={RARE}"),
    Page("recordings searched for one name in 600", f"{_LIST}?q={quote(MIDDLING)}"),
    Page("recordings searched for one letter", f"{_LIST}?q=w"),
    Page("recordings searched for two letters", f"{_LIST}?q=wa"),
    Page("recordings searched for two letters, in vain", f"{_LIST}?q=qx"),
    Page("recordings searched in vain", f"{_LIST}?q=nothing-like-it"),
    Page("trash of recordings", f"{_LIST}trash/"),
    Page("recordings that others share", f"{_LIST}shared/", ADMINISTRATOR),
    Page("administration: recordings", f"{_ADMIN}recording/", ADMINISTRATOR),
    Page("administration: failed recordings", f"{_ADMIN}recording/?state__exact=failed", ADMINISTRATOR),
    Page("administration: one person's recordings", f"{_ADMIN}recording/?q={OWNER}", ADMINISTRATOR),
    Page("administration: analyses of recordings", f"{_ADMIN}recordinganalysis/", ADMINISTRATOR),
    Page("administration: failed analyses", f"{_ADMIN}recordinganalysis/?state__exact=failed", ADMINISTRATOR),
)

PAGES_OF: Final = {"pictures": PAGES, "recordings": RECORDING_PAGES}


def _serve(kind: str) -> None:
    django.setup()
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from webportal.accounts.models import REVIEWERS, User
    from webportal.analyses.models import Analysis
    from webportal.paging import Cursor
    from webportal.recordings.models import Recording

    clients = {}
    for name in (OWNER, ADMINISTRATOR):
        clients[name] = Client(headers={"host": "localhost"})
        clients[name].force_login(User.objects.get(username=name))
    Group.objects.get(name=REVIEWERS).user_set.add(User.objects.get(username=ADMINISTRATOR))
    pages = PAGES_OF[kind]
    model, deep = (Recording, DEEP_RECORDINGS) if kind == "recordings" else (Analysis, DEEP)
    paths = {page.name: page.path for page in pages}
    own = model._default_manager.filter(owner__username=OWNER, trashed_at__isnull=True)
    last = own.order_by("created_at")[40]
    paths[deep] += str(Cursor(last.created_at, last.pk)).replace("+", "%2B")
    users = {page.name: page.user for page in pages}
    for line in sys.stdin:
        request = json.loads(line)
        client, path = clients[users[request["page"]]], paths[request["page"]]
        queries = 0
        begun = time.perf_counter()
        if request.get("count"):
            with CaptureQueriesContext(connection) as captured:
                response = client.get(path)
            queries = len(captured)
        else:
            response = client.get(path)
        seconds = time.perf_counter() - begun
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        print(json.dumps({"seconds": seconds, "queries": queries}), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    _serve(sys.argv[1])
