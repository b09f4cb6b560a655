"""All journeys live in one system, in any order, and wait for the page that they went to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.end_to_end.people import leaving

pytestmark = pytest.mark.xdist_group("system")


def test_everybody_who_signs_up_has_a_name_of_their_own() -> None:
    files = sorted(set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)})
    sources = "\n".join(path.read_text() for path in files)
    calls = len(re.findall(r"\bsign_up\(", sources))
    names = Counter(re.findall(r'\bsign_up\(\w+, system, "(\w+)"\)', sources))
    assert calls == names.total() > 20, "names are to be seen here"
    assert [name for name, times in names.items() if times > 1] == []


def test_no_journey_asks_a_page_what_it_shows_without_waiting_for_it() -> None:
    """A click returns before the next page is there: what is counted then is the page before."""
    unwaited = re.compile(r"\.(?:count|content|is_visible|is_hidden|is_enabled|is_disabled|is_checked|all)\(\)")
    files = sorted(set(Path(__file__).parent.glob("*.py")) - {Path(__file__)})
    assert [f"{path.name}: {found}" for path in files for found in unwaited.findall(path.read_text())] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_next_page_is_waited_for_until_it_is_whole(visitor: Callable[..., Page], scripts: bool) -> None:
    page = visitor(java_script_enabled=scripts)
    drawn: list[str] = []

    def answered(route: Route) -> None:
        late = route.request.url.endswith(("/next", "/picture"))
        page.wait_for_timeout(300 if late else 0)
        drawn.extend(["picture"] if route.request.url.endswith("/picture") else [])
        body = f"<title>{route.request.url}</title><a href=next>on</a>" + ("<img src=picture>" if late else "")
        route.fulfill(body=body, content_type="text/html")

    page.route("https://pages.example/**", answered)
    page.goto("https://pages.example/first")
    with leaving(page):
        # Such writing into the page's own address is a navigation for the test driver, and not yet the next page.
        page.evaluate("() => { setTimeout(() => history.replaceState(null, '', '?at=2'), 50); }")
        page.locator("a").click(no_wait_after=True)
    assert page.title() == "https://pages.example/next"
    assert drawn == ["picture"]
