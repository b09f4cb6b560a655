"""The page of databases, and the commands that make it and the folds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.training.databases.tiny_records import heartbeats, write_record
from training.databases import __main__ as commands
from training.databases import catalogue, people
from training.databases.database import Database
from training.databases.registry import DATABASES

COMMITTED = catalogue.PAGE.read_text(encoding="utf-8")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only the two records of one person are there; whatever is written is written beside them."""
    for database in DATABASES.values():
        monkeypatch.delenv(database.setting, raising=False)
    folder = tmp_path / "mitdb"
    for name in ("201", "202"):
        marks = [(300, "N", ""), (600, "L", "")]
        write_record(folder, name, heartbeats([300, 600], 900, 1, rate=360), ("MLII",), 360, marks={"atr": marks})
    (folder / "RECORDS").write_text("201\n202\n")
    monkeypatch.setenv("MITDB_DIR", str(folder))
    monkeypatch.setattr(people, "_TABLE", tmp_path / "folds.csv")
    monkeypatch.setattr(catalogue, "PAGE", tmp_path / "README.md")
    (tmp_path / "folds.csv").write_text("group,fold\nmitdb-100,2\n")
    return tmp_path


def test_the_page_counts_people_not_records(settings: Path) -> None:
    text = CliRunner().invoke(commands.app, ["page"]).output
    row = next(line for line in text.splitlines() if "MITDB_DIR" in line)
    assert "| 1 | 2 | 4 | every beat | LBBB 1 | ODC-By 1.0 |" in row
    assert "LUDB_DIR" not in text
    assert DATABASES["mitdb"].notice in " ".join(text.split())
    assert not catalogue.PAGE.exists()
    assert CliRunner().invoke(commands.app, ["page", "--write"]).exit_code == 0
    assert catalogue.PAGE.read_text() == text


def test_the_table_of_folds_grows_and_loses_nobody(settings: Path) -> None:
    assert "1 groups of people, 1 of them new" in CliRunner().invoke(commands.app, ["folds"]).output
    assert people.stored_folds() == {"mitdb-100": 2}
    CliRunner().invoke(commands.app, ["folds", "--write"])
    grown = people.stored_folds()
    assert grown.keys() == {"mitdb-100", "mitdb-201"}
    assert grown["mitdb-100"] == 2
    assert "0 of them new" in CliRunner().invoke(commands.app, ["folds"]).output


def test_no_setting_is_one_sentence(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MITDB_DIR")
    shutil.rmtree(settings / "mitdb")
    monkeypatch.setattr("sys.argv", ["databases", "page"])
    with pytest.raises(SystemExit):
        commands.main()
    assert "MITDB_DIR" in capsys.readouterr().err


@pytest.mark.parametrize("database", DATABASES.values(), ids=lambda database: database.name)
def test_every_database_says_what_must_stand_beside_what_is_made_of_it(database: Database) -> None:
    assert database.address.startswith("https://physionet.org/content/")
    assert database.address in f"{database.notice} ".replace(")", "/")
    assert ("ODC Attribution License" in database.notice) == database.licence.startswith("ODC-By")
    assert database.notice in " ".join(COMMITTED.split())
