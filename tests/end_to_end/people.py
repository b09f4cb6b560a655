"""What every person in these tests does: sign up and log in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.system import System

PASSWORD = "correct horse battery"


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """Wait for the next page; one that only writes its place into its own address doesn't count as another."""
    # The mark is an attribute, and the test driver looks for it from outside: where scripts are off, no page polls.
    page.evaluate("() => document.documentElement.setAttribute('data-beatlens-is-left', '')")
    yield
    page.locator("html[data-beatlens-is-left]").wait_for(state="detached")
    page.wait_for_load_state("load")


def follow(page: Page, link: Locator) -> None:
    """Click what leads to another page, and wait for that page: who goes elsewhere at once calls the click back."""
    with leaving(page):
        link.click()


def sign_up(page: Page, system: System, name: str) -> None:
    page.goto(f"{system.portal}/")
    follow(page, page.get_by_role("link", name="Sign up").first)
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=email]").fill(f"{name}@example.org")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    follow(page, page.locator("main form button[type=submit]"))
    # Everybody in these tests has a name of their own: they all live in one system.
    expect(page).not_to_have_url(re.compile("/accounts/signup/"))
    page.goto(f"{system.portal}/predict/")
    expect(page.locator("input[type=file]")).to_be_attached()


def log_in(page: Page, system: System, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{system.portal}/accounts/login/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(password)
    follow(page, page.locator("main form button[type=submit]").first)


def say_the_password_again(page: Page) -> None:
    """Answer the question for the password that comes before what can't be taken back; then the page itself is there.

    Who has only signed up is always asked: that is not a log-in.
    """
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page, page.locator("main form button[type=submit]").first)
