"""What is wrong with the arrows, in sentences: circles, and arrows against the declared order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.architecture import graph
from tests.architecture.graph import Arrows
from tests.architecture.imports import FACE, PROGRAM, Imports
from tests.architecture.orders import Order


def circles(imports: Imports) -> list[str]:
    """Every group of files or folders in one folder that import each other in a circle."""
    return [
        f"in {folder or 'the project'}: {' ↔ '.join(group)}"
        for folder in graph.folders(imports)
        for group in graph.circles(graph.arrows_within(imports, folder))
    ]


def out_of_order(imports: Imports, rooms: Order, entries: Mapping[str, Order]) -> list[str]:
    """Every arrow between rooms, or within a room, that does not point down, every entry without a place, and every
    place without an entry.
    """
    wrong = list(_against("the project", graph.arrows_within(imports, ""), rooms))
    for room, order in entries.items():
        wrong += _against(room, graph.arrows_within(imports, room), order)
    return wrong


def imported_programs(imports: Imports) -> list[str]:
    """Every import of a ``__main__``: what others need belongs below it."""
    return [
        f"{module} imports {target}"
        for module, targets in imports.items()
        for target in sorted(targets)
        if target.endswith(f".{PROGRAM}")
    ]


def _against(folder: str, arrows: Arrows, order: Order) -> Iterator[str]:
    level_of = {entry: level for level, entries in enumerate(order) for entry in entries}
    yield from (f"{folder}: there is no {entry}" for entry in sorted(level_of.keys() - arrows.keys()))
    level_of |= {FACE: -1, PROGRAM: len(order)}
    for entry, targets in arrows.items():
        if entry not in level_of:
            yield f"{folder}: {entry} has no place in the declared order"
            continue
        for target in sorted(targets):
            if level_of.get(target, -1) >= level_of[entry]:
                yield f"{folder}: {entry} imports {target}, which does not lie below it"
