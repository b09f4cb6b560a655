"""The comparison stands on the ground floor: NumPy, and of this project only what a recording is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import ecg.ec57

ALLOWED = {"numpy", "numpy.typing", "ecg.recording"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    return names


def test_nothing_else_is_imported() -> None:
    modules = [path for folder in ecg.ec57.__path__ for path in Path(folder).glob("*.py")]
    assert len(modules) > 5
    for path in modules:
        foreign = {name for name in imported(path) if not name.startswith("ecg.ec57")}
        assert {name for name in foreign - ALLOWED if name.split(".")[0] not in sys.stdlib_module_names} == set(), path
