"""The project's arrows point down, and nothing goes in circles."""

from __future__ import annotations

from tests.architecture import project, rules
from tests.architecture.orders import ENTRIES, ROOMS


def test_no_files_and_no_folders_import_each_other_in_a_circle() -> None:
    assert rules.circles(project.imports()) == []


def test_every_arrow_points_down_in_the_declared_order() -> None:
    assert rules.out_of_order(project.imports(), ROOMS, ENTRIES) == []


def test_nobody_imports_a_program() -> None:
    assert rules.imported_programs(project.imports()) == []


def test_every_room_has_a_declared_order_and_every_package_is_a_room() -> None:
    rooms = {room for floor in ROOMS for room in floor}
    packages = {path.parent.name for path in project.ROOT.glob("*/__init__.py")} - {"tests"}
    assert rooms == ENTRIES.keys()
    assert packages <= rooms
