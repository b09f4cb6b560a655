"""An archive on a cluster, of which a node is killed: every good recording once, every broken one named."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from benchmarks.archive.made import write_broken, write_good
from benchmarks.archive.rows import counted, differing
from benchmarks.processes.project import MODELS
from benchmarks.processes.ray_cluster import RayCluster

_END_SECONDS: Final = 3600.0


def command(
    recordings: Annotated[int, typer.Option(min=10, help="All of them, broken ones too.")] = 200,
    broken: Annotated[int, typer.Option(min=0)] = 10,
    hours: Annotated[float, typer.Option(min=0.01, help="Length of each.")] = 0.02,
    models: Annotated[Path, typer.Option(help="A repository with a model for recordings.")] = MODELS,
) -> None:
    """SIGKILL of one of two nodes once some parts are written: what is in the archive in the end."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in"), Path(folder, "out")
        good = dict(write_good(source, recordings - broken, hours))
        named = write_broken(source / "broken", broken)
        figures = _run(source, out, models)
        figures |= counted(out, good, named) | {"differing": differing(out, good, models)}
    expected = {"good once": len(good), "broken once": broken, "doubled": 0, "differing": 0, "node kills": 1}
    right = all(figures[name] == count for name, count in expected.items())
    sys.stdout.write(json.dumps({**figures, "good": right}, indent=1) + "\n")
    if not right:
        raise typer.Exit(1)


def _run(source: Path, out: Path, models: Path) -> dict[str, Any]:
    """The command on a cluster of a head and two nodes, one of which is killed after the second part."""
    begun = time.monotonic()
    kills = 0
    with RayCluster(2) as cluster:
        words = ["-m", "archive", str(source), str(out), "--models", str(models), "--address", cluster.address]
        program = subprocess.Popen(
            [sys.executable, *words], env=cluster.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while program.poll() is None:
            if time.monotonic() - begun > _END_SECONDS:
                program.kill()
                raise TimeoutError("The archive does not end.")
            if not kills and len(list((out / "recordings").glob("*.parquet"))) > 1:
                cluster.kill_node(1)
                kills += 1
            time.sleep(0.1)
    return {"node kills": kills, "exit code": program.returncode, "seconds": round(time.monotonic() - begun, 1)}
