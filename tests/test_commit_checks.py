"""What is looked at before a commit and by the hosting platform is what is looked at here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
#: What all files of the repository may have together: what a person or a table needs.
CHECKOUT_BYTES = 15_000_000
HOOKS = {
    hook["id"]: repository | hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
}


def test_style_is_checked_by_the_version_that_is_installed() -> None:
    version = re.search(r"^ruff==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert version is not None
    assert HOOKS["ruff-check"]["rev"] == HOOKS["ruff-format"]["rev"] == f"v{version[1]}"


def test_no_file_of_the_repository_is_larger_than_the_hook_lets_in() -> None:
    most = int(HOOKS["check-added-large-files"]["args"][0].removeprefix("--maxkb=")) * 1024
    assert [path for path in _files() if path.stat().st_size > most] == []


def test_a_checkout_stays_small() -> None:
    assert sum(path.stat().st_size for path in _files()) < CHECKOUT_BYTES


def test_text_ends_with_one_line_break_and_no_line_with_spaces() -> None:
    for hook, wrong in (("end-of-file-fixer", rb"[^\n]\Z|\n\n\Z"), ("trailing-whitespace", rb"[ \t]\n")):
        excluded = re.compile(HOOKS[hook]["exclude"])
        texts = [path for path in _files() if not excluded.search(str(path.relative_to(ROOT)))]
        assert [path for path in texts if re.search(wrong, _text(path))] == [], hook


def test_the_hosting_platform_runs_what_is_run_here() -> None:
    workflow: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert any(command.endswith(".ci/run") for command in commands)
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())


def _files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout of git")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _text(path: Path) -> bytes:
    """What a text holds; nothing of other files."""
    content = path.read_bytes()
    return b"" if b"\0" in content or path.suffix in {".edf", ".atr", ".dat", ".jpg", ".gz"} else content
