"""Answers a portal's pages in this process, one at a time as asked: one JSON line for each line read.

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

from benchmarks.portal.rows import ADMINISTRATOR, MIDDLING, NEWEST, OWNER, RARE


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


def _serve() -> None:
    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from webportal.accounts.models import User
    from webportal.analyses.models import Analysis
    from webportal.paging import Cursor

    clients = {}
    for name in (OWNER, ADMINISTRATOR):
        clients[name] = Client(headers={"host": "localhost"})
        clients[name].force_login(User.objects.get(username=name))
    paths = {page.name: page.path for page in PAGES}
    last = Analysis.objects.filter(owner__username=OWNER, trashed_at__isnull=True).order_by("created_at")[40]
    paths[DEEP] += str(Cursor(last.created_at, last.pk)).replace("+", "%2B")
    users = {page.name: page.user for page in PAGES}
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
    _serve()
