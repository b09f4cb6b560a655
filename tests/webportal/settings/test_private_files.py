"""What the embedded settings write, whoever starts a process by hand."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from webportal.settings.private_files import private_file, private_folder

ROOT = Path(__file__).resolve().parents[3]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_ones_are_for_their_owner_alone_and_old_ones_become_so(tmp_path: Path) -> None:
    var = tmp_path / "var"
    private_folder(var)
    private_file(var / "database")
    assert (mode(var), mode(var / "database")) == (0o700, 0o600)
    (var / "database-wal").touch()
    for path, loose in ((var, 0o755), (var / "database", 0o664), (var / "database-wal", 0o644)):
        path.chmod(loose)
    (var / "database").write_text("kept")
    private_folder(var)
    private_file(var / "database")
    assert [mode(path) for path in (var, var / "database", var / "database-wal")] == [0o700, 0o600, 0o600]
    assert (var / "database").read_text() == "kept"


def test_a_folder_for_everybody_stays_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private_folder(tmp_path)
    assert mode(tmp_path) == 0o1777


def test_a_command_leaves_nothing_to_read(tmp_path: Path) -> None:
    var = tmp_path / "var"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
    subprocess.run(
        ["/bin/sh", "-c", f'umask 022; "{sys.executable}" manage.py migrate --verbosity 0 accounts'],
        cwd=ROOT,
        env=clean | {"BEATLENS_VAR_DIR": str(var)},
        check=True,
    )
    modes = {path.name: mode(path) for path in (var, *var.iterdir())}
    assert modes == {"var": 0o700, "secret_key": 0o600, "beatlens.sqlite3": 0o600}
