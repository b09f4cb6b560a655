"""Which files of a folder are pictures."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from ecg.pictures.files import LeftOut, LeftOutReason, is_picture, walk
from ecg.pictures.kinds import kind_of


def encoded(form: str, mode: str = "L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (20, 20), "white").save(out, form)
    return out.getvalue()


def names(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The pictures, and the reason for each file that is left out."""
    pictures, left_out = [], {}
    for item in walk(folder):
        if isinstance(item, LeftOut):
            left_out[str(item.path.relative_to(folder))] = item.reason
            assert item.message.endswith(".")
        else:
            pictures.append(str(item.relative_to(folder)))
    return pictures, left_out


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000"])
def test_pictures_are_known_by_how_they_begin(form: str) -> None:
    assert is_picture(kind_of(encoded(form, "RGB")))


@pytest.mark.parametrize("head", [b"", b"BMW is a car", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x20ftypisom", b"class"])
def test_other_files_are_no_pictures(head: bytes) -> None:
    assert not is_picture(kind_of(head))


def test_content_decides_and_names_may_be_spelled_in_any_way(tmp_path: Path) -> None:
    for name in ("a.png", "b.PNG", "c.jfif", "d.jpe", "e.JPEG", "f", "g.dat", "h.png.bak"):
        (tmp_path / name).write_bytes(encoded("JPEG" if name[0] in "cde" else "PNG"))
    (tmp_path / "note.txt").write_text("no picture")
    (tmp_path / "claims.jpg").write_text("no picture")  # the decoder refuses it
    pictures, left_out = names(tmp_path)
    assert pictures == ["a.png", "b.PNG", "c.jfif", "claims.jpg", "d.jpe", "e.JPEG", "f", "g.dat", "h.png.bak"]
    assert left_out == {"note.txt": LeftOutReason.NOT_A_PICTURE}


def test_what_the_operating_system_puts_there_is_passed_over(tmp_path: Path) -> None:
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._beat.png", "__MACOSX/._beat.png", "__MACOSX/beat.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded("PNG"))
    assert names(tmp_path) == ([], {})


def test_hidden_folders_are_not_read_but_named(tmp_path: Path) -> None:
    for name in (".ipynb_checkpoints/beat-checkpoint.png", ".git/a/b", ".beat.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(encoded("PNG"))
    pictures, left_out = names(tmp_path)
    assert pictures == [".beat.png"]
    assert left_out == {
        ".git/a/b": LeftOutReason.HIDDEN,
        ".ipynb_checkpoints/beat-checkpoint.png": LeftOutReason.HIDDEN,
    }


def test_paths_come_in_order_through_any_depth(tmp_path: Path) -> None:
    for name in ("b.png", "a/2.png", "a/1.png", "c/d/e/f.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(encoded("PNG"))
    assert names(tmp_path)[0] == ["a/1.png", "a/2.png", "b.png", "c/d/e/f.png"]


def test_a_walk_waits_for_nothing_and_ends(tmp_path: Path) -> None:
    """A pipe that nobody writes into, a link in a circle, a link to nothing."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "beat.png").write_bytes(encoded("PNG"))
    (tmp_path / "same.png").symlink_to(tmp_path / "beat.png")
    pictures, left_out = names(tmp_path)
    assert pictures == ["beat.png", "same.png"]
    assert left_out == dict.fromkeys(("circle", "gone.png", "pipe.png"), LeftOutReason.NOT_A_FILE)


def test_folders_deeper_than_python_recurses(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1200):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        items = list(walk(tmp_path))
    finally:
        os.close(here)
        for depth in range(1200, 0, -1):  # more than what clears up after tests can recurse into
            os.rmdir(f"{tmp_path}/{'d/' * depth}")
    assert all(isinstance(item, LeftOut) for item in items)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "closed.png").write_bytes(b"")
    (tmp_path / "closed.png").chmod(0)
    assert names(tmp_path)[1] == dict.fromkeys(("closed", "closed.png"), LeftOutReason.UNREADABLE)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    (items,) = walk(tmp_path / "nowhere")
    assert isinstance(items, LeftOut)
    assert items.reason == LeftOutReason.UNREADABLE
