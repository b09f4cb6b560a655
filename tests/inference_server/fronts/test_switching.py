"""All fronts switch, or none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inference_server.fronts.control import AnswerFailed, OtherLost
from inference_server.fronts.switching import NotAgreed, Switching
from inference_server.rpc.model_switch import Plan


class FakeFront:
    """A front that finds ``disk`` when it looks."""

    def __init__(self, number: int, disk: str, told: list[str]) -> None:
        self.number = number
        self.disk = disk
        self.joined = False
        self.serves: str | None = None
        self.prepared: str | None = None
        self.fails: dict[str, Exception] = {}
        self.lost = False
        self._told = told

    def _do(self, what: str) -> None:
        self._told.append(f"{what} {self.number}")
        if what in self.fails:
            raise self.fails[what]

    async def prepare(self, *, suspended: bool) -> Plan:
        self._do("prepare")
        self.prepared = "" if suspended else self.disk
        return {"arrhythmia": {"default": self.prepared}}

    async def commit(self) -> None:
        self._do("commit")
        self.serves, self.prepared = self.prepared, None

    async def discard(self) -> None:
        self._do("discard")
        self.prepared = None

    async def open(self) -> None:
        self._do("open")
        self.joined = True

    def lose(self) -> None:
        self.lost = True


class Fronts(list[FakeFront]):
    """Some of them, and what they were told."""

    def __init__(self, *disks: str) -> None:
        self.told: list[str] = []
        super().__init__(FakeFront(number, disk, self.told) for number, disk in enumerate(disks))
        self.switching = Switching(lambda: [front for front in self if not front.lost])

    def look(self, **how: Any) -> list[str]:
        self.told.clear()
        asyncio.run(self.switching.look(**how))
        return self.told

    def write(self, *disks: str) -> None:
        for front, disk in zip(self, disks, strict=True):
            front.disk = disk

    def serve(self) -> list[str | None]:
        return [front.serves for front in self]


def test_fronts_take_calls_once_they_serve_the_same() -> None:
    fronts = Fronts("1", "1", "2")
    fronts.look()
    assert [front.joined for front in fronts] == [True, True, False]
    assert fronts.serve() == ["1", "1", None]
    fronts.write("2", "2", "2")
    fronts.look()
    assert [front.joined for front in fronts] == [True, True, True]
    assert fronts.serve() == ["2", "2", "2"]


def test_all_have_prepared_before_the_first_switches_and_they_switch_in_order() -> None:
    fronts = Fronts("1", "1", "1")
    fronts.look()
    fronts.write("2", "2", "2")
    assert fronts.look() == [f"{what} {number}" for what in ("prepare", "commit") for number in range(3)]


def test_nobody_switches_while_one_would_serve_something_else() -> None:
    fronts = Fronts("1", "1")
    fronts.look()
    fronts.write("2", "3")
    assert fronts.look() == ["prepare 0", "prepare 1", "discard 0", "discard 1"]
    assert fronts.serve() == ["1", "1"]
    assert fronts.switching.disagreements == 1
    fronts.write("3", "3")
    fronts.look()
    assert fronts.serve() == ["3", "3"]
    assert fronts.switching.disagreements == 0


@pytest.mark.parametrize("failure", [OtherLost("gone"), TimeoutError("slow"), AnswerFailed("ModelError", "broken")])
def test_nobody_switches_while_one_can_not_prepare(failure: Exception) -> None:
    fronts = Fronts("1", "1")
    fronts.look()
    fronts.write("2", "2")
    fronts[1].fails["prepare"] = failure
    fronts.look()
    assert fronts.serve() == ["1", "1"]


def test_a_front_that_does_not_switch_is_ended_and_the_next_comes_in_with_what_the_others_serve() -> None:
    fronts = Fronts("1", "1")
    fronts.look()
    fronts.write("2", "2")
    fronts[0].fails["commit"] = TimeoutError("stuck")
    fronts.look()
    assert [front.lost for front in fronts] == [True, False]
    assert fronts[1].serves == "2"
    fronts.append(FakeFront(2, "2", fronts.told))
    fronts.look()
    assert fronts[2].joined
    assert fronts[2].serves == "2"


def test_without_looking_at_the_disk_only_new_fronts_are_asked() -> None:
    fronts = Fronts("1")
    fronts.look()
    fronts.append(FakeFront(1, "1", fronts.told))
    fronts.write("2", "1")
    assert fronts.look(at_disk=False) == ["prepare 1", "commit 1", "open 1"]


def test_unloading_and_loading_are_for_all() -> None:
    fronts = Fronts("1", "1")
    fronts.look()
    asyncio.run(fronts.switching.unload())
    assert fronts.serve() == ["", ""]
    fronts.append(FakeFront(2, "1", fronts.told))
    fronts.look()
    assert fronts.serve() == ["", "", ""]
    asyncio.run(fronts.switching.load())
    assert fronts.serve() == ["1", "1", "1"]


def test_an_unloading_that_not_all_could_do_is_said_and_done_at_the_next_look() -> None:
    fronts = Fronts("1", "1")
    fronts.look()
    fronts[1].fails["prepare"] = TimeoutError("slow")
    with pytest.raises(NotAgreed):
        asyncio.run(fronts.switching.unload())
    assert fronts.serve() == ["1", "1"]
    fronts[1].fails.clear()
    fronts.look()
    assert fronts.serve() == ["", ""]


def test_a_front_that_can_not_take_calls_is_ended_and_the_reason_kept() -> None:
    fronts = Fronts("1")
    fronts[0].fails["open"] = AnswerFailed("AddressUnavailable", "taken")
    fronts.look()
    assert fronts[0].lost
    assert str(fronts.switching.refused) == "taken"
