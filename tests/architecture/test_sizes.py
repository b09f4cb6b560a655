"""Files and functions stay small enough to be read at once; generated code and migrations are nobody's to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.orders import ROOMS
from tests.architecture.project import ROOT

FILE_LINES: Final = 400
FUNCTION_LINES: Final = 60
_UNREAD: Final = {"generated", "migrations"}
#: How files of pages end, which are written by hand as well.
_PAGES: Final = {".css", ".html", ".js"}


def sources() -> Iterator[Path]:
    for room in sorted({"tests", "deploy"} | {room for floor in ROOMS for room in floor}):
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if not _UNREAD & set(path.parts))


def pages() -> Iterator[Path]:
    yield from (path for path in sorted((ROOT / "webportal").rglob("*")) if path.suffix in _PAGES)


def test_no_file_is_longer_than_can_be_overseen() -> None:
    written = [*sources(), *pages()]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in written}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_page() -> None:
    long = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}: {node.name}"] = lines
    assert long == {}
