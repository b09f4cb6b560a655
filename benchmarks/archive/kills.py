"""An archive whose workers, and whose command itself, are killed: every good recording once, every broken one named."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from benchmarks.archive.made import write_broken, write_good
from benchmarks.archive.rows import counted, differing
from benchmarks.processes.programs import tree
from benchmarks.processes.project import MODELS

#: What a task's process is called while it is at one.
_AT_WORK: Final = b"ray::Map"

_END_SECONDS: Final = 3600.0


def command(
    recordings: Annotated[int, typer.Option(min=1, help="All of them, broken ones too.")] = 1000,
    broken: Annotated[int, typer.Option(min=0)] = 20,
    kills: Annotated[int, typer.Option(min=0, help="Of workers.")] = 20,
    restarts: Annotated[int, typer.Option(min=0, help="Kills of the command, which is started again.")] = 1,
    hours: Annotated[float, typer.Option(min=0.01, help="Length of each.")] = 0.02,
    pause: Annotated[float, typer.Option(min=0.1, help="Seconds between kills, about.")] = 3.0,
    models: Annotated[Path, typer.Option(help="A repository with a model for recordings.")] = MODELS,
) -> None:
    """SIGKILL of workers at work, and of the command: what is in the archive in the end."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in"), Path(folder, "out")
        good = dict(write_good(source, recordings - broken, hours))
        named = write_broken(source / "broken", broken)
        figures = _run(source, out, models, kills, restarts, pause)
        figures |= counted(out, good, named) | {"differing": differing(out, good, models)}
    expected = {"good once": len(good), "broken once": broken, "doubled": 0, "differing": 0}
    right = all(figures[name] == count for name, count in expected.items()) and figures["worker kills"] == kills
    sys.stdout.write(json.dumps({**figures, "good": right}, indent=1) + "\n")
    if not right:
        raise typer.Exit(1)


def _run(source: Path, out: Path, models: Path, kills: int, restarts: int, pause: float) -> dict[str, Any]:
    """The command, killed and started again, until it ends by itself."""
    begun = time.monotonic()
    figures: Counter[str] = Counter({"worker kills": 0, "command kills": 0})
    program = _start(source, out, models)
    while program.poll() is None:
        if time.monotonic() - begun > _END_SECONDS:
            program.kill()
            raise TimeoutError("The archive does not end.")
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - not a secret
        at_work = [pid for pid in tree(program.pid) if _command_line(pid).startswith(_AT_WORK)]
        if at_work and figures["worker kills"] < kills:
            os.kill(random.choice(at_work), signal.SIGKILL)  # noqa: S311 - not a secret
            figures["worker kills"] += 1
        due = figures["worker kills"] >= kills * (figures["command kills"] + 1) / (restarts + 1)
        if at_work and due and figures["command kills"] < restarts:
            program.kill()
            program.wait()
            figures["command kills"] += 1
            program = _start(source, out, models)
    return {**figures, "exit code": program.returncode, "seconds": round(time.monotonic() - begun, 1)}


def _start(source: Path, out: Path, models: Path) -> subprocess.Popen[bytes]:
    words = ["-m", "archive", str(source), str(out), "--models", str(models), "--workers", "2"]
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""
