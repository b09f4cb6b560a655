"""An archive whose workers, and whose command itself, are killed: every good recording once, every broken one named."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from benchmarks.archive.disturbed import Making, judge
from benchmarks.processes.programs import command_line, tree
from benchmarks.processes.project import MODELS

#: What a task's process is called while it is at one.
_AT_WORK: Final = "ray::Map"


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
    judge(
        lambda source, out: _run(Making(source, out, models, "--workers", "2"), kills, restarts, pause),
        models,
        recordings=recordings,
        broken=broken,
        hours=hours,
        expected={"worker kills": kills},
    )


def _run(making: Making, kills: int, restarts: int, pause: float) -> dict[str, Any]:
    """The command, killed and started again, until it ends by itself."""
    figures: Counter[str] = Counter({"worker kills": 0, "command kills": 0})
    program = making.start()
    while making.goes_on(program):
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - not a secret
        at_work = [pid for pid in tree(program.pid) if "".join(command_line(pid)[:1]).startswith(_AT_WORK)]
        if at_work and figures["worker kills"] < kills:
            os.kill(random.choice(at_work), signal.SIGKILL)  # noqa: S311 - not a secret
            figures["worker kills"] += 1
        due = figures["worker kills"] >= kills * (figures["command kills"] + 1) / (restarts + 1)
        if at_work and due and figures["command kills"] < restarts:
            program.kill()
            program.wait()
            figures["command kills"] += 1
            program = making.start()
    return {**figures, "exit code": program.returncode, "seconds": round(making.seconds, 1)}
