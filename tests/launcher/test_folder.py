from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.errors import LaunchError
from launcher.folder import make_private, only_one

PROJECT = Path("/srv/project")


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    make_private(tmp_path / "deep" / "var", project=PROJECT)
    assert stat.S_IMODE((tmp_path / "deep" / "var").stat().st_mode) == 0o700


def test_what_is_there_is_taken_from_others_and_left_to_its_owner(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "media" / "pictures").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.write_text("somebody's")
    outside.chmod(0o644)
    for name, mode in (("beatlens.sqlite3", 0o644), ("media/pictures/a", 0o664), ("script", 0o755), ("kept", 0o400)):
        (var / name).touch()
        (var / name).chmod(mode)
    (var / "link").symlink_to(outside)
    for path in (var, var / "media", var / "media" / "pictures"):
        path.chmod(0o777)
    make_private(var, project=PROJECT)
    before = modes(var)
    before.pop("link")
    assert before == {
        "media": 0o700,
        "media/pictures": 0o700,
        "media/pictures/a": 0o600,
        "beatlens.sqlite3": 0o600,
        "script": 0o700,
        "kept": 0o400,
    }
    assert stat.S_IMODE(var.stat().st_mode) == 0o700
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_a_folder_that_others_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, home, project = (tmp_path / name for name in ("shared", "home", "project"))
    for folder in (shared, home, project / "inside"):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    shared.chmod(0o1777)
    monkeypatch.setenv("HOME", str(home))
    for folder in (shared, home, project, tmp_path):
        before = modes(tmp_path)
        with pytest.raises(LaunchError, match="not for Beatlens alone"):
            make_private(folder, project=project / "inside")
        assert modes(tmp_path) == before


def test_where_no_folder_can_be_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match="can't be made"):
        make_private(tmp_path / "file" / "var", project=PROJECT)


def test_a_folder_is_one_systems_at_a_time_and_free_again_however_that_one_ended(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from launcher.folder import only_one\n"
        f"with only_one(pathlib.Path({str(tmp_path)!r})): print('mine', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"mine\n"
        with (
            pytest.raises(LaunchError, match=rf"runs in {tmp_path} already \(process {first.pid}\)"),
            only_one(tmp_path),
        ):
            pass
        first.kill()
    with only_one(tmp_path):
        assert (tmp_path / "running.lock").read_text() == f"{os.getpid()}\n"
        assert stat.S_IMODE((tmp_path / "running.lock").stat().st_mode) == 0o600
