"""Names the base images of the containers by digest: a tag can be moved to other contents, a digest can't.

``python deploy/pin_images.py`` asks the registries, through Docker, what the tags mean today and writes it down, also
for images that have a digest already. ``--check`` only says which have none, and ends with 1 if there are any.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent
#: An image of somebody else's in a Dockerfile or in a composition; ours have no tag there.
_REFERENCE = re.compile(
    r"^(?P<before>FROM |\s+image: )(?P<image>[a-z0-9./_-]+:[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?(?=\s|$)",
    re.MULTILINE,
)


def files(folder: Path) -> list[Path]:
    """Where base images are named."""
    return sorted([*folder.glob("*.Dockerfile"), *folder.glob("compose*.yaml")])


def without_digest(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files, and the images that they name by tag alone."""
    for path in files(folder):
        for reference in _REFERENCE.finditer(path.read_text()):
            if not reference["digest"]:
                yield path, reference["image"]


def digest_of(image: str) -> str:
    """``sha256:…`` of what a tag means now, for all platforms.

    Raises:
        RuntimeError: Docker, or the registry, doesn't say.
    """
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"docker can't be asked about {image}: {error}") from error
    digest = done.stdout.strip()
    if done.returncode or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        said = (done.stderr.strip() or digest or "no answer").splitlines()[0]
        raise RuntimeError(f"the registry doesn't say what {image} is: {said}")
    return digest


def pin(folder: Path) -> dict[str, str]:
    """Write the digests into all files, or into none; returns them by image.

    Raises:
        RuntimeError: one of them could not be found out.
    """
    texts = {path: path.read_text() for path in files(folder)}
    images = sorted({reference["image"] for text in texts.values() for reference in _REFERENCE.finditer(text)})
    digests = {image: digest_of(image) for image in images}
    for path, text in texts.items():
        path.write_text(
            _REFERENCE.sub(
                lambda reference: f"{reference['before']}{reference['image']}@{digests[reference['image']]}", text
            )
        )
    return digests


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which images have no digest")
    parser.add_argument("--folder", type=Path, default=DEPLOY, help="where the files are")
    chosen = parser.parse_args()
    if chosen.check:
        missing = sorted({f"{path.name}: {image}" for path, image in without_digest(chosen.folder)})
        for line in missing:
            print(f"no digest in {line}", file=sys.stderr)  # noqa: T201 - a program for a terminal
        if missing:
            print("make pin-images writes them, where a registry can be reached.", file=sys.stderr)  # noqa: T201
        return 1 if missing else 0
    try:
        for image, digest in pin(chosen.folder).items():
            print(f"{image}@{digest}")  # noqa: T201
    except RuntimeError as error:
        print(f"Nothing was written: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
