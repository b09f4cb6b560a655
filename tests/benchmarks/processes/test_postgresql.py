"""A PostgreSQL server for as long as a command runs."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from benchmarks.processes import postgresql


@pytest.fixture(autouse=True)
def installed() -> None:
    try:
        postgresql.programs()
    except postgresql.PostgresqlMissingError as missing:
        if os.environ.get("BEATLENS_REQUIRE_POSTGRES") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def connect(url: str) -> psycopg.Connection:
    host, _, name = urlsplit(url).path[1:].rpartition("/")
    assert stat.S_IMODE(Path(host).stat().st_mode) == 0o700
    return psycopg.connect(host=host, dbname=name, user="postgres", autocommit=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # The server may run as another user than the tests, who must be able to reach its folder.
    for path in (tmp_path, *tmp_path.parents):
        if path == Path(tempfile.gettempdir()):
            break
        path.chmod(0o711)
    return tmp_path / "kept"


def test_what_is_kept_is_there_the_next_time(folder: Path) -> None:
    with postgresql.running(folder) as url, connect(url) as connection:
        connection.execute("CREATE TABLE beats (number int)")
    with postgresql.running(folder, ["work_mem=8MB"]) as url, connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM beats").fetchone() == (0,)
        assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)


def test_the_command_is_told_the_address_and_its_exit_code_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    assert postgresql.main(["sh", "-c", "echo $BEATLENS_DATABASE_URL; exit 7"]) == 7
    url = capfd.readouterr().out.strip()
    assert url.startswith("postgres://")
    assert not Path(urlsplit(url).path[1:]).parent.exists()  # thrown away


@pytest.mark.parametrize(("required", "code"), [("", 0), ("1", 1)])
def test_without_postgresql_the_command_is_left_out_unless_required(
    required: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql, "_DEBIAN", tmp_path)
    monkeypatch.setenv("BEATLENS_REQUIRE_POSTGRES", required)
    assert postgresql.main(["echo", "never"]) == code
    output = capfd.readouterr()
    assert "never" not in output.out
    assert "PostgreSQL isn't installed" in output.err
