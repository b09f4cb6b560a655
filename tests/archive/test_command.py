"""``python -m archive`` on a real Ray of this machine: every file once, whatever is killed, and gone on with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from archive.engine import engine
from archive.job import Job
from archive.tables import NAMES
from benchmarks.processes.programs import command_line, tree
from ecg.formats import wfdb_writer
from inference_server.classification import DISCLAIMER
from tests.inference_server.recordings_of_tests import recording

ROOT = Path(__file__).resolve().parents[2]


def start(models: Path, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "archive", *map(str, arguments), "--models", str(models), "--workers", "2"]
    return subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def run(models: Path, *arguments: object) -> tuple[int, str]:
    program = start(models, *arguments)
    _, errors = program.communicate(timeout=300)
    return program.returncode, errors


def rows(out: Path, name: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = pq.read_table(out / name).to_pylist()
    return told


def kill_a_worker(program: subprocess.Popen[str]) -> None:
    """One that is at a task, without warning."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for pid in tree(program.pid):
            if "".join(command_line(pid)[:1]).startswith("ray::Map"):
                os.kill(pid, signal.SIGKILL)
                return
        time.sleep(0.05)
    pytest.fail("No worker began with a task.")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve recordings, a damaged file, and one that is none."""
    folder = tmp_path_factory.mktemp("in")
    for number in range(12):
        wfdb_writer.write(recording(30, seed=number), folder, f"r{number}")
    (folder / "damaged.edf").write_bytes(b"0" * 300)
    (folder / "notes.txt").write_bytes(b"notes")
    return folder


@pytest.fixture(scope="module")
def out(models: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of it, during which a worker was killed."""
    folder = tmp_path_factory.mktemp("out")
    program = start(models, source, folder)
    kill_a_worker(program)
    _, errors = program.communicate(timeout=300)
    assert (program.returncode, errors.rstrip().endswith(DISCLAIMER)) == (1, True), errors
    return folder


def test_every_file_has_its_rows_once_though_a_worker_was_killed(source: Path, out: Path, job: Job) -> None:
    assert sorted(row["file"] for row in rows(out, "recordings")) == sorted(map(str, source.glob("*.hea")))
    failures = {Path(row["file"]).name: row["left_out"] for row in rows(out, "failures")}
    assert failures == {"damaged.edf": False, "notes.txt": True}
    assert len(rows(out, "failures")) == 2
    header = source / "r3.hea"
    with engine(job) as here:
        right = here.about(str(header), [header, header.with_suffix(".dat")])
    assert [row for row in rows(out, "beats") if row["file"] == str(header)] == right.beats.to_pylist()
    assert [row for row in rows(out, "recordings") if row["file"] == str(header)] == right.recordings.to_pylist()


def test_it_goes_on_with_what_is_new_and_leaves_what_is_there(source: Path, out: Path, models: Path) -> None:
    before = {path: path.stat().st_mtime_ns for name in NAMES for path in (out / name).glob("*.parquet")}
    wfdb_writer.write(recording(30, seed=99), source, "new")
    code, errors = run(models, source, out)
    assert (code, "14 of what was found" in errors) == (0, True), errors
    assert sum(row["file"].endswith("new.hea") for row in rows(out, "recordings")) == 1
    assert all(path.stat().st_mtime_ns == written for path, written in before.items())


def test_the_page_s_examples_run(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "archives.md").read_text(), re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example.replace('"OUT/', f'"{out}/'), "archives.md", "exec"), {})  # noqa: S102 - our own page
    told = capsys.readouterr().out
    assert "r3.hea" in told
    beats = pd.read_parquet(out / "beats")
    assert f"{(beats['class'] == 'PVC').sum():,} ventricular" in told


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere", "{out}"], 1),
        (["{source}", "{file}"], 1),
        (["{source}", "{out}", "--address", "127.0.0.1:1"], 1),
        (["--rate", "-1", "x", "{out}"], 2),
    ],
)
def test_mistakes_end_it_with_a_sentence(
    models: Path, source: Path, tmp_path: Path, arguments: Sequence[str], code: int
) -> None:
    (tmp_path / "file").touch()
    places = {"out": tmp_path / "out", "source": source, "file": tmp_path / "file"}
    ended, errors = run(models, *(argument.format(**places) for argument in arguments))
    assert ended == code
    assert "Traceback" not in errors
    assert errors.strip()


def test_an_empty_folder_is_said_to_be_empty(models: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code, errors = run(models, tmp_path / "in", tmp_path / "out")
    assert code == 0
    assert "No files were found." in errors
