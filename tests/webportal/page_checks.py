"""What holds for every page: no script or style in it, nothing that a browser would not take."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class InlineFinder(HTMLParser):
    """Collects whatever a strict content security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "style" or "style" in attributes:
            self.found.append(f"style in <{tag}>")
        if tag == "script" and "src" not in attributes and attributes.get("type") != "application/json":
            self.found.append("inline <script>")
        self.found += [f"{name} in <{tag}>" for name in attributes if name.startswith("on")]


def check_page(response: Any) -> str:
    html = response.content.decode()
    finder = InlineFinder()
    finder.feed(html)
    assert finder.found == []
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert len(html) < 150_000
    return html
