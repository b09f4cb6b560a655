"""The endurance run in small: real processes, one of each killed."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_upload_ends_in_one_result_though_servers_and_workers_die(tmp_path: Path) -> None:
    table = tmp_path / "endurance.csv"
    command = ["--database=sqlite", "--users=3", "--uploads=12", "--server-kills=1", "--worker-kills=1"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.portal_endurance", *command, f"--write={table}"],
        cwd=ROOT, env=clean, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(csv.DictReader(table.read_text().splitlines()))
    assert (row["uploads"], row["server_kills"], row["worker_kills"]) == ("12", "1", "1")
    assert [row[name] for name in ("refused", "lost", "doubled", "wrong")] == ["0"] * 4
