"""Which recordings files and folders hold, and what their results are called."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path

import pytest

from ecg.pictures.files import LeftOut
from inference_server.commands.recording_files import Given, given
from inference_server.commands.recording_outputs import OutputExists, check_free, names_of
from tests.ecg.formats import made

CSV = "time;II [mV]\n" + "\n".join(f"{place / 250:.3f};0,{place % 10}" for place in range(500))


def write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@pytest.fixture
def record(tmp_path: Path) -> list[Path]:
    return write(tmp_path, {"r.atr": b"\0\0", **made.wfdb()})


def test_files_of_a_record_are_one_recording_in_any_order(record: list[Path], tmp_path: Path) -> None:
    one = [Given(tmp_path / "r.hea", (tmp_path / "r.hea", tmp_path / "r.dat"))]
    assert all(given(order) == one for order in itertools.permutations(record))


def test_a_header_alone_brings_what_it_names_and_nothing_else(record: list[Path], tmp_path: Path) -> None:
    write(tmp_path, {"secret": b"x"})
    (found,) = given([tmp_path / "r.hea"])
    assert isinstance(found, Given)
    assert found.files == (tmp_path / "r.hea", tmp_path / "r.dat")


def test_a_header_brings_nothing_of_other_folders(tmp_path: Path) -> None:
    write(tmp_path, {"outside.dat": b"\0" * 20_000})
    header = made.wfdb()["r.hea"].replace(b"r.dat", b"../outside.dat")
    (header_file,) = write(tmp_path / "in", {"r.hea": header})
    assert given([header_file]) == [Given(header_file, (header_file,))]


def test_segments_belong_to_the_record_that_names_them(tmp_path: Path) -> None:
    parts = {
        f"{name}.{end}": content.replace(b"r ", f"{name} ".encode()).replace(b"r.dat", f"{name}.dat".encode())
        for name in ("s1", "s2")
        for end, content in (("hea", made.wfdb()["r.hea"]), ("dat", made.wfdb()["r.dat"]))
    }
    write(tmp_path, {"whole.hea": b"whole/2 2 250 5000\ns1 2500\ns2 2500\n", **parts})
    (found,) = given([tmp_path])
    assert isinstance(found, Given)
    assert found.file.name == "whole.hea"
    assert sorted(path.name for path in found.files) == ["s1.dat", "s1.hea", "s2.dat", "s2.hea", "whole.hea"]


def test_a_folder_is_looked_through_and_what_is_no_recording_is_named(record: list[Path], tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in made.wfdb().items():
            archive.writestr(name, content)
    write(tmp_path / "deeper", {"table.csv": CSV.encode(), "note.txt": b"100 beats\n", "z.zip": packed.getvalue()})
    write(
        tmp_path, {"r.beats.csv": CSV.encode(), ".DS_Store": b"x", "r.json": b'{\n "format": "beatlens-analysis/1"\n}'}
    )
    found = given([tmp_path])
    assert [item.file.name for item in found if isinstance(item, Given)] == ["r.hea", "table.csv", "z.zip"]
    assert [item.path.name for item in found if isinstance(item, LeftOut)] == ["r.beats.csv", "r.json", "note.txt"]


def test_a_file_that_is_named_is_asked_about_whatever_it_is(tmp_path: Path) -> None:
    files = [*write(tmp_path, {"note.txt": b"text"}), tmp_path / "missing"]
    assert given(files) == [Given(path, (path,)) for path in files]


def test_names_are_those_of_wfdb_and_each_its_own() -> None:
    files = ["a/100.hea", "b/100.hea", "c/100.HEA", "Müller, 24 h.edf", "心電図.edf", "A.edf", "a.csv"]
    names = names_of([Path(file) for file in files])
    assert names == ["100", "100-2", "100-3", "Muller_24_h", "recording", "A", "a-2"]


@pytest.mark.parametrize("suffix", [".atr", ".beats.csv", ".json", ".pdf"])
def test_nothing_is_written_over(tmp_path: Path, suffix: str) -> None:
    check_free(tmp_path, "100")
    (tmp_path / f"100{suffix}").touch()
    with pytest.raises(OutputExists, match=f"100{suffix}"):
        check_free(tmp_path, "100")
