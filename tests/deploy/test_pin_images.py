"""Base images by digest: the files, and the program that writes the digests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAM = DEPLOY / "pin_images.py"
#: Answers as `docker buildx imagetools inspect` does: a digest made of the image's name.
DOCKER = """#!/bin/sh
test "$1 $2 $3 $4" = "buildx imagetools inspect --format" || exit 2
test "$5" = "{{.Manifest.Digest}}" || exit 2
test "$6" != "${UNKNOWN:-none}" || { echo "$6: not found" >&2; exit 1; }
echo "sha256:$(printf %s "$6" | sha256sum | cut -d' ' -f1)"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in (*DEPLOY.glob("*.Dockerfile"), DEPLOY / "compose.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    return subprocess.run(
        [sys.executable, str(PROGRAM), "--folder", str(folder), *arguments],
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def named(folder: Path) -> dict[str, str]:
    """Each base image that the files name, with its digest or nothing."""
    text = "".join(path.read_text() for path in (*folder.glob("*.Dockerfile"), folder / "compose.yaml"))
    images = re.findall(r"^(?:FROM|\s+image:) (\S+)", text, re.MULTILINE)
    return {image.partition("@")[0]: image.partition("@")[2] for image in images if not image.startswith("beatlens-")}


def test_every_base_image_has_a_tag_and_room_for_a_digest() -> None:
    images = named(DEPLOY)
    assert {image.partition(":")[0] for image in images} == {"python", "postgres", "nginx"}
    for image, digest in images.items():
        assert re.fullmatch(r"[a-z]+:[\w.-]+", image)
        assert re.fullmatch(r"(sha256:[0-9a-f]{64})?", digest)


def test_digests_are_written_and_renewed(folder: Path) -> None:
    before = {path: path.read_text() for path in folder.glob("*.*")}
    assert run(folder, "--check").returncode == (0 if all(named(folder).values()) else 1)
    assert run(folder).returncode == 0
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in named(folder).values())
    assert named(folder).keys() == named(DEPLOY).keys()
    done = run(folder, "--check")
    assert (done.returncode, done.stderr) == (0, "")
    # Nothing else was changed, and once more changes nothing.
    pinned = {path: path.read_text() for path in folder.glob("*.*")}
    strip = re.compile(r"@sha256:[0-9a-f]{64}")
    assert {path: strip.sub("", text) for path, text in pinned.items()} == {
        path: strip.sub("", text) for path, text in before.items()
    }
    assert run(folder).returncode == 0
    assert {path: path.read_text() for path in folder.glob("*.*")} == pinned


def test_an_image_that_is_not_known_changes_nothing(folder: Path) -> None:
    before = {path: path.read_text() for path in folder.glob("*.*")}
    unknown = next(image for image in named(folder) if image.startswith("nginx"))
    done = run(folder, UNKNOWN=unknown)
    assert done.returncode == 1
    assert f"Nothing was written: the registry doesn't say what {unknown} is" in done.stderr
    assert {path: path.read_text() for path in folder.glob("*.*")} == before
