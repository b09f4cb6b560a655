"""The attack on the portal in small, and what it is made of."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.portal.costly_pictures import jpeg_of_many_scans, numbered, png_of_deep_pixels
from benchmarks.portal.watching import ALLOWANCE, Memory, Probe, asked

ROOT = Path(__file__).resolve().parents[3]


def test_slow_clients_disturb_nobody() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
    small = ["--clients=20", "--seconds=2", "--attackers=0", "--slow-seconds=5"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.endurance", "portal-attack", *small],
        cwd=ROOT, env=clean, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [outcome["attack"] for outcome in report["attacks"]] == [
        "half-sent headers", "silent connections", "slow bodies", "slow readers",
    ]  # fmt: skip
    assert all(outcome["attackers"]["opened"] >= 20 for outcome in report["attacks"])
    assert report["good pictures"]["taken"] > 5
    assert report["good pictures"]["over a slow network"].startswith("taken after")


def test_the_costly_pictures_are_small_and_what_they_claim() -> None:
    jpeg, png = jpeg_of_many_scans(), png_of_deep_pixels()
    assert jpeg.count(b"\xff\xda") > 600
    for picture, mode in ((jpeg, "L"), (png, "RGBA")):
        assert len(picture) < 210_000
        for variant in (picture, numbered(picture, 7)):
            with Image.open(io.BytesIO(variant)) as image:
                assert (image.size, image.mode) == ((5000, 5000), mode)
        assert len({picture, numbered(picture, 1), numbered(picture, 2)}) == 3
    # Small ones of the same make can be decoded.
    for small in (jpeg_of_many_scans(3, 40), png_of_deep_pixels(40)):
        with Image.open(io.BytesIO(numbered(small, 7))) as image:
            image.load()


def test_a_probe_tells_the_slowest_answer_and_every_failure() -> None:
    turns: Iterator[float | OSError] = iter([0.0, 0.05, OSError("gone")])
    done = threading.Event()

    def question() -> None:
        turn = next(turns, None)
        if turn is None:
            done.set()
        elif isinstance(turn, OSError):
            raise turn
        else:
            time.sleep(turn)

    with asked("it", question, interval=0.001) as probe:
        assert done.wait(10)
    assert probe.slowest >= 0.05
    assert probe.failures == ["OSError: gone"]
    assert probe.answered >= 3
    assert not probe.kept(10)
    assert probe.told()["failed"] == 1
    assert not Probe("never asked").kept(10)
    assert Probe("in time", slowest=1.0, answered=3).kept(1.0)
    assert not Probe("late", slowest=1.1, answered=3).kept(1.0)


#: Takes as many MB as it reads, and answers when it has them; gives them back before the next.
GREEDY = """
import sys
for line in sys.stdin:
    taken = None
    taken = bytearray(int(line) << 20)
    taken[::4096] = b"x" * len(taken[::4096])
    print("taken", flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux' /proc")
def test_memory_is_counted_from_rest_to_its_highest_mark() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GREEDY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def take(megabytes: int) -> None:
            print(megabytes, file=process.stdin, flush=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "taken\n"

        take(1)
        memory = Memory(lambda: [process.pid])
        (measured,) = memory.processes.values()
        take(300)
        memory.look()
        assert not memory.is_at_rest
        take(1)  # between two looks it was larger than it is now
        memory.look()
        assert measured.largest - measured.resting > 250 << 20
        assert memory.worst is measured
        assert measured.allowed == 2 * measured.resting + ALLOWANCE
        assert memory.is_at_rest
        memory.forget()
        memory.look()
        assert measured.largest < measured.resting + (50 << 20)
        process.stdin.close()
