"""What is written stands: once, whole, and of one kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from archive import tables, written
from archive.items import Item, Part, Refusal
from archive.job import Job
from archive.listing import items_in
from archive.parts import write_part
from archive.storage import Folder
from archive.tables import NAMES, Tables
from archive.written import NotThisArchive


def about(file: str, paths: Sequence[Path]) -> Tables:
    """A failure of what is called so, else a recording without beats."""
    if "bad" in file:
        return tables.of_failure(file, Refusal("RECORDING_DAMAGED", "It is damaged."), ())
    return tables.tables((), [{"file": file}])


def part_of(folder: Path, *names: str) -> Part:
    for name in names:
        (folder / name).touch()
    return Part(tuple(Item(str(folder / name), (str(folder / name),)) for name in names))


@pytest.fixture(params=["local", "memory"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    folder = Folder(str(tmp_path / "out") if request.param == "local" else f"memory://{tmp_path.name}-out")
    folder.make("", *NAMES)
    return folder


def test_files_of_whole_parts_are_known_and_what_is_left_of_others_is_removed(out: Folder, tmp_path: Path) -> None:
    run = written.begin(out)
    for names in (("a", "bad"), ("b",)):
        write_part(part_of(tmp_path, *names), about, (), out, run)
    broken_off = part_of(tmp_path, "c")
    write_part(broken_off, about, (), out, run)
    out.remove(f"recordings/{broken_off.name}.parquet")
    assert written.files_in(out, again=False) == {str(tmp_path / name) for name in ("a", "bad", "b")}
    assert all(len(out.names(name, ".parquet")) == 2 for name in NAMES)


def test_a_part_that_is_written_twice_is_there_once(out: Folder, tmp_path: Path) -> None:
    run = written.begin(out)
    part = part_of(tmp_path, "a", "bad")
    results = [write_part(part, about, (), out, run) for _ in range(2)]
    assert results[0] == results[1] == (1, 0, {"RECORDING_DAMAGED": 1}, 0)
    assert all(out.names(name, ".parquet") == {f"{part.name}.parquet"} for name in NAMES)
    assert all(out.names(name, ".arriving") == set() for name in NAMES)


def test_parts_with_failures_are_asked_about_again_where_that_is_wanted(out: Folder, tmp_path: Path) -> None:
    run = written.begin(out)
    write_part(part_of(tmp_path, "a", "bad"), about, (), out, run)
    write_part(part_of(tmp_path, "b"), about, (), out, run)
    assert written.files_in(out, again=True) == {str(tmp_path / "b")}


def test_what_lives_on_of_an_earlier_run_writes_nothing(out: Folder, tmp_path: Path) -> None:
    earlier = written.begin(out)
    later = written.begin(out)
    with pytest.raises(NotThisArchive):
        write_part(part_of(tmp_path, "a"), about, (), out, earlier)
    assert out.names("beats", ".parquet") == set()
    write_part(part_of(tmp_path, "a"), about, (), out, later)


def test_rows_of_other_models_are_not_mixed_in(out: Folder, job: Job) -> None:
    written.describe(out, job)
    written.describe(out, job)
    with pytest.raises(NotThisArchive, match="recording_model"):
        written.describe(out, dataclasses.replace(job, recording_model="0" * 64))
    with pytest.raises(NotThisArchive, match="rate"):
        written.describe(out, dataclasses.replace(job, rate=250.0))


def test_what_lies_in_the_folder_itself_is_known(out: Folder) -> None:
    written.begin(out)
    files = [item.file for item in items_in(out.address)]
    assert len(files) == 1
    assert all(out.holds(file) and not Folder(f"{out.address}-other").holds(file) for file in files)


def test_two_do_not_write_to_one_folder(tmp_path: Path) -> None:
    out = Folder(str(tmp_path / "out"))
    with written.held(out), pytest.raises(NotThisArchive, match="Somebody"), written.held(Folder(out.address)):
        pass


def test_files_that_can_t_be_fetched_are_failures(out: Folder, tmp_path: Path) -> None:
    items = (Item("gone", ("memory://nowhere/gone.edf",)), Item("huge", (str(tmp_path / "huge"),), size=5 * 1024**4))
    result = write_part(Part(items), about, (), out, written.begin(out))
    assert result.reasons == {"FILE_NOT_FOUND": 1, "RECORDING_TOO_LARGE": 1}


def test_tables_of_a_folder_are_read_as_one(tmp_path: Path) -> None:
    out = Folder(str(tmp_path / "out"))
    out.make("", *NAMES)
    run = written.begin(out)
    write_part(part_of(tmp_path, "a", "bad"), about, (), out, run)
    write_part(part_of(tmp_path, "b"), about, (), out, run)
    assert sorted(pq.read_table(tmp_path / "out" / "recordings").column("file").to_pylist()) == [
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]
