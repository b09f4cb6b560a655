"""A folder arrives as it was sent, or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from training.submission import packing
from training.submission.packing import PackingError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run" / "models" / "1").mkdir(parents=True)
    (tmp_path / "run" / "history.csv").write_text("epoch\n1\n")
    (tmp_path / "run" / "models" / "1" / "model.onnx").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "run" / "elsewhere").symlink_to("/etc")
    return tmp_path / "run"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_packed_is_unpacked(folder: Path, tmp_path: Path) -> None:
    digest = packing.pack(folder, tmp_path / "packed")
    content = (tmp_path / "packed").read_bytes()
    packing.receive([content[:1000], content[1000:]], digest, tmp_path / "received")
    packing.unpack(tmp_path / "received", tmp_path / "there" / "run")
    assert contents(tmp_path / "there" / "run") == contents(folder)
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["run"]


def test_what_was_changed_on_the_way_is_refused(folder: Path, tmp_path: Path) -> None:
    digest = packing.pack(folder, tmp_path / "packed")
    with pytest.raises(PackingError, match="not what was sent"):
        packing.receive([(tmp_path / "packed").read_bytes()[:-1]], digest, tmp_path / "received")


def test_more_than_is_taken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    digest = packing.pack(folder, tmp_path / "packed")
    monkeypatch.setattr(packing, "MAX_BYTES", 100)
    with pytest.raises(PackingError, match="more than"):
        packing.receive([bytes(101)], digest, tmp_path / "received")
    with pytest.raises(PackingError, match="more than"):
        packing.unpack(tmp_path / "packed", tmp_path / "there")


@pytest.mark.parametrize("name", ["../outside", "run/../../outside", "/outside", "run/a\0b", "."])
def test_nothing_lands_outside(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "packed", "w:gz") as archive:
        entry = tarfile.TarInfo("name")
        entry.pax_headers = {"path": name}  # a plain header's name ends at NUL
        archive.addfile(entry, io.BytesIO())
    with pytest.raises(PackingError):
        packing.unpack(tmp_path / "packed", tmp_path / "deep" / "there")
    assert not list((tmp_path / "deep").iterdir())


def test_links_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "packed", "w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(PackingError, match="no plain file"):
        packing.unpack(tmp_path / "packed", tmp_path / "there")


def test_nothing_is_written_over(folder: Path, tmp_path: Path) -> None:
    packing.pack(folder, tmp_path / "packed")
    with pytest.raises(FileExistsError):
        packing.unpack(tmp_path / "packed", folder)


@pytest.mark.parametrize(
    "names",
    [("run/log", "run/log"), ("run", "run/log"), ("run/log", "run")],
    ids=["one name", "a file as folder", "a folder as file"],
)
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with tarfile.open(tmp_path / "packed", "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(PackingError, match="twice"):
        packing.unpack(tmp_path / "packed", tmp_path / "deep" / "there")
    assert not list((tmp_path / "deep").iterdir())
