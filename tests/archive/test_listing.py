"""Which recordings and pictures are found, in folders and in storage of other kinds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import fsspec
import pytest

from archive.items import Part, parts_of
from archive.listing import NothingThereError, items_in
from tests.ecg.formats import made
from tests.inference_server.pictures import picture

CSV = b"time;II [mV]\n" + b"\n".join(b"%.3f;0,%d" % (place / 250, place % 10) for place in range(500))


def files() -> dict[str, bytes]:
    return {
        **{f"holter/{name}": content for name, content in made.wfdb().items()},
        "holter/r.atr": b"\0\0",
        "notes.txt": b"hello",
        "Thumbs.db": b"x",
        "deep/er/table.csv": CSV,
        "deep/strip": picture(),
        "deep/damaged.edf": b"",
        ".hidden/table.csv": CSV,
    }


def write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_a_folder_s_recordings_and_pictures_are_found_and_the_rest_is_named(tmp_path: Path) -> None:
    write(tmp_path, files())
    items = {item.file.removeprefix(f"{tmp_path}/"): item for item in items_in(str(tmp_path))}
    assert set(items) == {"holter/r.hea", "notes.txt", "deep/er/table.csv", "deep/strip", "deep/damaged.edf"}
    assert items["holter/r.hea"].files == (f"{tmp_path}/holter/r.hea", f"{tmp_path}/holter/r.dat")
    assert items["holter/r.hea"].size == sum(len(content) for content in made.wfdb().values())
    left_out = {name: item.left_out.reason for name, item in items.items() if item.left_out is not None}
    assert left_out == {"notes.txt": "NOT_A_RECORDING"}


def test_storage_of_another_kind_says_the_same(tmp_path: Path) -> None:
    write(tmp_path, files())
    memory = fsspec.filesystem("memory")
    for name, content in files().items():
        memory.pipe_file(f"/archive/{name}", content)
    here = [item.file.removeprefix(f"{tmp_path}/") for item in items_in(str(tmp_path))]
    there = [
        item.file.removeprefix("memory:///archive/").removeprefix("memory://archive/")
        for item in items_in("memory://archive")
    ]
    assert there == here


def test_a_header_that_is_named_brings_its_samples(tmp_path: Path) -> None:
    write(tmp_path, files())
    (item,) = items_in(f"{tmp_path}/holter/r.hea")
    assert [Path(file).name for file in item.files] == ["r.hea", "r.dat"]


def test_links_and_pipes_end_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"table.csv": CSV})
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link.csv").symlink_to(tmp_path / "table.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    items = {Path(item.file).name: item.left_out is None for item in items_in(str(tmp_path))}
    assert items == {"gone.csv": False, "link.csv": True, "pipe.csv": False, "table.csv": True}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingThereError):
        list(items_in(str(tmp_path / "nothing")))
    with pytest.raises(NothingThereError):
        list(items_in("nosuchstorage://bucket"))


def test_parts_are_small_in_number_and_bytes_and_keep_their_name(tmp_path: Path) -> None:
    write(tmp_path, {f"{number:02}.csv": CSV for number in range(10)})
    items = list(items_in(str(tmp_path)))
    parts = list(parts_of(items, 4))
    assert [len(part.items) for part in parts] == [4, 4, 2]
    assert tuple(item for part in parts for item in part.items) == tuple(items)
    assert all(Part.from_json(part.to_json()) == part for part in parts)
    assert len({part.name for part in parts}) == 3
    assert parts[0].name == Part.from_json(parts[0].to_json()).name
