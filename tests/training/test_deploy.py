"""The image that trains uses what training has."""

from __future__ import annotations

import re
from pathlib import Path

from training.datasets.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "training.Dockerfile").read_text()


def test_every_source_of_recordings_has_its_place() -> None:
    for source in SOURCES.values():
        assert f"{source.setting}=/data/" in DOCKERFILE


def test_everything_that_is_copied_is_there() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources)


def test_it_does_not_run_as_root() -> None:
    assert re.search(r"^USER \d+$", DOCKERFILE, flags=re.MULTILINE)


def test_make_builds_it() -> None:
    assert "--file deploy/training.Dockerfile" in (ROOT / "Makefile").read_text()
