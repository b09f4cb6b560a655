"""The endurance run of recordings in small, in two parts: real processes, one of each killed, the disk full once."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.portal.chaos import Chaos
from benchmarks.processes import small_disk

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
    command = [sys.executable, "-m", "benchmarks.endurance", "portal-recordings", "--database=sqlite", *arguments]
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=900, check=False)


def test_every_recording_ends_in_one_result_though_everything_dies_in_two_runs(tmp_path: Path) -> None:
    table, folder = tmp_path / "table.csv", tmp_path / "kept"
    try:
        small_disk.mount(tmp_path / "probe", "1m")
    except PermissionError:
        disk = ""
    else:
        small_disk.unmount(tmp_path / "probe")
        disk = "200m"
    small = ["--users=2", "--recordings=4", "--minutes=0.5", "--kills=1", f"--disk={disk}", f"--folder={folder}"]
    begun = run(*small, "--at-most=0.01")
    assert begun.returncode == 2, begun.stdout + begun.stderr
    done = run(*small, "--at-most=12", f"--write={table}")
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(csv.DictReader(table.read_text().splitlines()))
    kills = ("server_kills", "server_worker_kills", "portal_kills", "recording_worker_kills")
    assert [row[name] for name in kills] == ["1"] * 4
    assert row["full_disks"] == ("1" if disk else "0")
    assert [row[name] for name in ("refused", "lost", "doubled", "wrong", "without_row")] == ["0"] * 5


class TestChaos:
    def test_harm_is_spread_over_what_is_done(self) -> None:
        shares, seen = [0.0], []
        chaos = Chaos({"a": (4, lambda: seen.append(shares[-1])), "b": (1, lambda: None)}, lambda: shares[-1])
        chaos.start()
        for share in (0.25, 0.5, 0.75, 1.0):
            time.sleep(0.3)
            shares.append(share)
        chaos.finish(10)
        assert chaos.counts == {"a": 4, "b": 1}
        assert seen == sorted(seen)
        assert seen[0] < 0.5 < seen[-1]

    def test_what_an_earlier_run_did_is_not_done_again(self) -> None:
        counted: list[int] = []
        chaos = Chaos({"a": (3, lambda: counted.append(1))}, lambda: 1.0, {"a": 2})
        chaos.start()
        chaos.finish(10)
        assert (len(counted), chaos.counts["a"]) == (1, 3)

    def test_it_ends_when_it_is_told(self) -> None:
        chaos = Chaos({"a": (1, pytest.fail)}, lambda: 0.0)
        chaos.start()
        chaos.end(10)
        assert not chaos.is_alive()
