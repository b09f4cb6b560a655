"""What CONTRIBUTING.md tells a newcomer to do is done as it stands there: a database, a network, a run, its row."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import wfdb

from tests.training.recordings import BEATS_PER_SYMBOL, FS, SYMBOLS, write_recordings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LET_NAME = re.compile(r"`\"(\w+)\"` among what `(\w+)` may be in\s+`([\w/.]+)`")

#: Minutes are for a machine that does much else.
PATIENCE = 300


def _section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _blocks(section: str, language: str) -> list[str]:
    return [textwrap.dedent(body) for _, kind, body in BLOCK.findall(section) if kind == language]


def _follow(section: str, house: Path) -> None:
    """Each block of Python goes to the end of the file that its first line names, each name into the recipes' list."""
    for block in _blocks(section, "python"):
        first, _, code = block.partition("\n")
        with (house / first.removeprefix("# ")).open("a") as file:
            file.write(f"\n\n{code}")
    named = LET_NAME.findall(section)
    assert named, section
    for name, field, path in named:
        before = (house / path).read_text()
        after, count = re.subn(rf"(?m)^((?:    {field}: .*?|{field} = )Literal\[)", rf'\1"{name}", ', before, count=1)
        assert count == 1
        (house / path).write_text(after)


def _two_records(folder: Path) -> None:
    """Two of the small recordings."""
    write_recordings(folder)
    for leftover in ("112.hea", "112.dat", "112.atr", "RECORDS"):
        (folder / leftover).unlink()
    assert [path.stem for path in sorted(folder.glob("*.hea"))] == ["100", "101"]
    assert wfdb.rdheader(str(folder / "100")).fs == FS


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages that the steps change or use."""
    copy = tmp_path_factory.mktemp("house")
    for package in ("ecg", "inference_server", "training"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_a_newcomer_adds_a_database_and_a_network_trains_and_sees_the_row(house: Path) -> None:
    _two_records(house / "clinic-records")
    _follow(_section("Add a database"), house)
    _follow(_section("Add a network"), house)
    together = _section("Train both, and see their row")
    (recipe,) = _blocks(together, "yaml")
    (house / recipe.splitlines()[0].removeprefix("# ")).write_text(recipe)

    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COV_CORE")},
        "PYTHONPATH": str(house),
    }
    printed = ""
    (steps,) = _blocks(together, "sh")
    for step in steps.splitlines():
        if step.startswith("export "):
            setting, _, _ = step.removeprefix("export ").partition("=")
            environment[setting] = str(house / "clinic-records")
            continue
        command = step.replace("python", sys.executable, 1).split()
        done = subprocess.run(
            command, cwd=house, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}"
        printed += done.stdout + done.stderr

    beats = 2 * 2 * BEATS_PER_SYMBOL * len(SYMBOLS)  # records, leads
    assert f"{beats:,} beat pictures" in printed
    assert re.search(r"epoch 1: loss \d", printed)
    row = next(line for line in printed.splitlines() if "clinic-small" in line and "beats-10fold" in line)
    assert "small" in row
    assert "clinic" in row
    assert "majority baseline" in printed
