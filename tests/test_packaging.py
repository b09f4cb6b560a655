"""What an installation of Beatlens brings with it."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("script", sorted(PROJECT["scripts"]))
def test_every_command_that_is_installed_is_there(script: str) -> None:
    module, _, name = PROJECT["scripts"][script].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("package", ["archive", "inference_server", "training", "webportal", "launcher"])
def test_every_program_has_its_command(package: str) -> None:
    assert any(target.startswith(f"{package}.__main__:") for target in PROJECT["scripts"].values())


@pytest.mark.parametrize("package", ["archive", "ecg", "inference_server", "training", "webportal", "launcher"])
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_the_portal_s_command_is_that_of_manage_py() -> None:
    answers = [
        subprocess.run([sys.executable, *words, "version"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for words in (["manage.py"], ["-m", "webportal"])
    ]
    assert answers[0] == answers[1] != ""


def test_the_changelog_tells_of_the_version_in_pyproject() -> None:
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()
