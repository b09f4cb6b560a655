"""Arrows between the entries of a folder, their levels and their circles.

The entries of a folder are its files and its folders. An arrow from one to another means that something in the one
imports something in the other. Where no folder has a circle between its entries, there is none anywhere, between files
or folders: the smallest folder that holds all of a circle would have one between its entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tests.architecture.imports import Imports

Arrows = Mapping[str, frozenset[str]]
"""The entries that each entry of a folder imports from."""


def arrows_within(imports: Imports, folder: str) -> dict[str, frozenset[str]]:
    """The arrows between the entries of ``folder``; the empty string is the project itself."""
    arrows: defaultdict[str, set[str]] = defaultdict(set)
    for module, targets in imports.items():
        entry = _entry(module, folder)
        if entry:
            arrows[entry] |= {other for target in targets if (other := _entry(target, folder)) not in ("", entry)}
    return {entry: frozenset(others) for entry, others in sorted(arrows.items())}


def folders(imports: Imports) -> list[str]:
    """Every folder that holds modules, and the project itself."""
    parts = [module.split(".") for module in imports]
    return sorted({".".join(names[:depth]) for names in parts for depth in range(len(names))})


def circles(arrows: Arrows) -> list[list[str]]:
    """The groups of entries of which each reaches each other one (Tarjan's strongly connected components)."""
    search = _Search(arrows)
    for entry in arrows:
        if entry not in search.order:
            search.visit(entry)
    return sorted(sorted(group) for group in search.groups if len(group) > 1)


def levels(arrows: Arrows) -> list[list[str]]:
    """The entries from the ground up, each above all that it imports; entries of a circle share a level."""
    group_of = {entry: tuple(group) for group in circles(arrows) for entry in group}
    height: dict[str, int] = {}

    def height_of(entry: str) -> int:
        if entry not in height:
            group = group_of.get(entry, (entry,))
            below = {other for member in group for other in arrows[member]} - set(group)
            highest = max((height_of(other) for other in sorted(below)), default=-1) + 1
            height.update(dict.fromkeys(group, highest))
        return height[entry]

    for entry in arrows:
        height_of(entry)
    return [
        [entry for entry in arrows if height[entry] == level] for level in range(max(height.values(), default=-1) + 1)
    ]


class _Search:
    """The state of Tarjan's search through the arrows."""

    def __init__(self, arrows: Arrows) -> None:
        self.order: dict[str, int] = {}
        """When each entry was first seen."""
        self.groups: list[list[str]] = []
        self._arrows = arrows
        self._lowest: dict[str, int] = {}
        self._open: list[str] = []

    def visit(self, entry: str) -> None:
        self.order[entry] = self._lowest[entry] = len(self.order)
        self._open.append(entry)
        for other in sorted(self._arrows[entry]):
            if other not in self.order:
                self.visit(other)
            if other in self._open:
                self._lowest[entry] = min(self._lowest[entry], self._lowest[other])
        if self._lowest[entry] == self.order[entry]:
            start = self._open.index(entry)
            self.groups.append(self._open[start:])
            del self._open[start:]


def _entry(module: str, folder: str) -> str:
    """The entry of ``folder`` that a module is or lies in; empty if it lies elsewhere."""
    if not folder:
        return module.partition(".")[0]
    below = module.removeprefix(f"{folder}.")
    return "" if below == module else below.partition(".")[0]
