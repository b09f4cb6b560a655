"""An archive on a cluster, of which a node is killed: every good recording once, every broken one named."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.archive.disturbed import Making, judge
from benchmarks.processes.project import MODELS
from benchmarks.processes.ray_cluster import RayCluster


def command(
    recordings: Annotated[int, typer.Option(min=10, help="All of them, broken ones too.")] = 200,
    broken: Annotated[int, typer.Option(min=0)] = 10,
    hours: Annotated[float, typer.Option(min=0.01, help="Length of each.")] = 0.02,
    models: Annotated[Path, typer.Option(help="A repository with a model for recordings.")] = MODELS,
) -> None:
    """SIGKILL of one of two nodes once some parts are written: what is in the archive in the end."""
    judge(
        lambda source, out: _run(source, out, models),
        models,
        recordings=recordings,
        broken=broken,
        hours=hours,
        expected={"node kills": 1},
    )


def _run(source: Path, out: Path, models: Path) -> dict[str, Any]:
    """The command on a cluster of a head and two nodes, one of which is killed after the second part."""
    kills = 0
    with RayCluster(2) as cluster:
        making = Making(source, out, models, "--address", cluster.address)
        program = making.start(cluster.environment)
        while making.goes_on(program):
            if not kills and len(list((out / "recordings").glob("*.parquet"))) > 1:
                cluster.kill_node(1)
                kills += 1
            time.sleep(0.1)
    return {"node kills": kills, "exit code": program.returncode, "seconds": round(making.seconds, 1)}
