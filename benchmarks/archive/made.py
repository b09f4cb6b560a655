"""Archives that need no database: recordings that differ, some of them broken in known ways."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.recordings.made import made
from ecg.formats import wfdb_writer

#: So many recordings differ; others are copies of one of them under another name.
DIFFERENT: Final = 20

_BROKEN: Final = ("r.hea", "r.edf", "r.csv", "r.png", "r.zip")


def write_good(folder: Path, count: int, hours: float) -> Iterator[tuple[Path, int]]:
    """Write ``count`` recordings of ``hours`` as WFDB: header of each, and which of :data:`DIFFERENT` it is."""
    recordings = [made(hours, seed) for seed in range(min(DIFFERENT, count))]
    for number in range(count):
        place = folder / f"{number // 100:02}"
        place.mkdir(parents=True, exist_ok=True)
        kind = number % len(recordings)
        yield wfdb_writer.write(recordings[kind], place, f"r{number:05}")[0], kind


def write_broken(folder: Path, count: int) -> list[Path]:
    """Write ``count`` files that are no recordings, though each claims to be one: cut off, without samples, noise."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    picture = io.BytesIO()
    Image.fromarray(random.integers(0, 255, (64, 64), np.uint8)).save(picture, "PNG")
    contents = {
        "r.hea": b"r 1 360 3600\nr.dat 16 200 16 0 0 0 0 II\n",
        "r.edf": random.bytes(5_000),
        "r.csv": b"II\n" + b"\n".join(b"%d" % value for value in range(500)),
        "r.png": picture.getvalue()[:300],
        "r.zip": b"PK\x03\x04" + bytes(30),
    }
    files = []
    for number in range(count):
        name = _BROKEN[number % len(_BROKEN)]
        files.append(folder / f"broken{number:03}{Path(name).suffix}")
        files[-1].write_bytes(contents[name])
    return files
