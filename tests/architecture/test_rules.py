"""Imports are seen wherever they stand, and each rule finds what breaks it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture import graph, rules
from tests.architecture.imports import read


def files(root: Path, **sources: str) -> dict[str, frozenset[str]]:
    """The imports of a project with these modules, ``a__b`` for ``a/b.py``."""
    for name, source in sources.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source))
    return read(root, sorted({name.split("__")[0] for name in sources}))


@pytest.mark.parametrize(
    "source",
    [
        "import a.low",
        "import a.low as something",
        "from a import low",
        "from a.low import thing",
        "from . import low",
        "from .low import thing",
        "def later():\n    from a.low import thing",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.low import Thing",
        "try:\n    import a.low\nexcept ImportError:\n    pass",
        "import importlib\nlow = importlib.import_module('a.low')",
    ],
)
def test_an_import_is_seen_wherever_it_stands(tmp_path: Path, source: str) -> None:
    imports = files(tmp_path, a__low="thing = 1", a__high=source)
    assert imports["a.high"] == {"a.low"}
    assert imports["a.low"] == frozenset()


def test_what_a_package_itself_has_is_imported_from_its_face(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "__init__.py").write_text("from a.low import thing")
    imports = files(tmp_path, a__low="thing = 1", b__user="from a import thing\nimport numpy")
    assert imports["b.user"] == {"a.__init__"}
    assert imports["a.__init__"] == {"a.low"}


def test_a_circle_of_files_through_a_function_is_found(tmp_path: Path) -> None:
    imports = files(tmp_path, a__x="from a import y", a__y="from a import z", a__z="def f():\n    from a import x")
    assert rules.circles(imports) == ["in a: x ↔ y ↔ z"]


def test_a_circle_of_folders_without_one_of_files_is_found(tmp_path: Path) -> None:
    imports = files(
        tmp_path, a__x__high="from a.y import low", a__x__low="", a__y__high="from a.x import low", a__y__low=""
    )
    assert rules.circles(imports) == ["in a: x ↔ y"]


def test_arrows_that_do_not_point_down_are_found(tmp_path: Path) -> None:
    imports = files(
        tmp_path,
        ground__a="",
        house__low="from ground import a",
        house__high="from house import low",
        house__beside="from house import low, high",
        house__new="",
        other__x="import house.low",
    )
    rooms = (frozenset({"ground"}), frozenset({"house", "other"}))
    entries = {"house": (frozenset({"low", "past"}), frozenset({"beside", "high"}))}
    assert rules.out_of_order(imports, rooms, entries) == [
        "the project: other imports house, which does not lie below it",
        "house: there is no past",
        "house: beside imports high, which does not lie below it",
        "house: new has no place in the declared order",
    ]


def test_a_program_that_others_import_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "__main__.py").write_text("thing = 1")
    imports = files(tmp_path, a__x="from a.__main__ import thing")
    assert rules.imported_programs(imports) == ["a.x imports a.__main__"]


def test_levels_count_from_the_ground_and_a_circle_shares_one() -> None:
    arrows = {"a": frozenset("b"), "b": frozenset("ac"), "c": frozenset("d"), "d": frozenset(), "e": frozenset("a")}
    assert graph.levels(arrows) == [["d"], ["c"], ["a", "b"], ["e"]]
