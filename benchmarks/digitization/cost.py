"""Time and memory of a page through ``DigitizeImage``, one after the other, on a server of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated, Final

import typer

from benchmarks.digitization import made
from benchmarks.processes.programs import BeatlensServer, forget_most, most_resident, tree, usage
from benchmarks.processes.project import MODELS
from benchmarks.recordings.table import show
from inference_server.client import ArrhythmiaClient
from training.pages.capture import Medium

#: What a page may take: seconds from call to answer, and bytes of the process that needs most.
MOST_SECONDS: Final = 5.0
MOST_BYTES: Final = 600_000_000
#: The file of a noisy photograph of 12 megapixels as a PNG is larger than servers take by default, bytes.
_LARGEST_FILE: Final = 32 * 2**20
#: Until the workers have started.
_FIRST_SECONDS: Final = 120.0

#: The kinds of pictures, each by a seed.
PICTURES: Final[Mapping[str, Callable[[int], bytes]]] = {
    "strip, screenshot": lambda seed: made.encoded(made.picture("1x1", Medium.SCREENSHOT, seed), "PNG"),
    "page, clean scan": lambda seed: made.encoded(made.picture("3x4+1", Medium.CLEAN, seed), "PNG"),
    "page, scan": lambda seed: made.encoded(made.picture("6x2", Medium.SCAN, seed), "JPEG", quality=80),
    "page, photograph": lambda seed: made.encoded(made.picture("3x4+1", Medium.PHOTOGRAPH, seed), "JPEG", quality=80),
    "page, photograph of 12 megapixels": lambda seed: made.encoded(made.large_photograph(seed), "JPEG", quality=85),
    "page, PNG of 12 megapixels": lambda seed: made.encoded(made.large_photograph(seed), "PNG", compress_level=1),
}


def command(
    count: Annotated[int, typer.Option(min=1, help="Pictures of each kind.")] = 5,
    only: Annotated[str, typer.Option(help="Only kinds whose names hold this.")] = "",
    models: Annotated[Path, typer.Option(help="The model repository.")] = MODELS,
) -> None:
    """Print what pages take of each kind; exit code 1 where one takes more than 5 s or 600 MB."""
    kinds = {name: paint for name, paint in PICTURES.items() if only in name}
    with (
        tempfile.TemporaryDirectory() as folder,
        BeatlensServer(
            Path(folder, "log"), models=models, recording_workers=1, max_image_bytes=_LARGEST_FILE
        ) as server,
        ArrhythmiaClient(server.address) as client,
    ):
        client.digitize(made.encoded(made.picture("1x1", Medium.CLEAN, 0), "PNG"), timeout=_FIRST_SECONDS)
        taken = {
            name: [_taken(server, client, paint(seed)) for seed in range(1, count + 1)] for name, paint in kinds.items()
        }
    columns = ["picture", "pictures", "CPU s", "mean s", "most s", "largest process, MB", "leads read"]
    title = "From the call to the answer, overlay included, one picture at a time"
    show(title, columns, [[name, count, *_row(costs)] for name, costs in taken.items()])
    if any(cost.seconds > MOST_SECONDS or cost.bytes > MOST_BYTES for costs in taken.values() for cost in costs):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a picture took."""

    cpu_seconds: float
    seconds: float
    bytes: int
    """Of the process that needed most."""
    leads: int
    """That were read."""


def _taken(server: BeatlensServer, client: ArrhythmiaClient, picture: bytes) -> _Cost:
    for process in tree(server.pid):
        forget_most(process)
    worked, begun = usage(server.pid).cpu_seconds, time.perf_counter()
    answer = client.digitize(picture, timeout=_FIRST_SECONDS)
    seconds = time.perf_counter() - begun
    return _Cost(
        usage(server.pid).cpu_seconds - worked,
        seconds,
        max(most_resident(process) for process in tree(server.pid)),
        len(answer.reading.leads),
    )


def _row(costs: Sequence[_Cost]) -> list[object]:
    return [
        f"{fmean(cost.cpu_seconds for cost in costs):.2f}",
        f"{fmean(cost.seconds for cost in costs):.2f}",
        f"{max(cost.seconds for cost in costs):.2f}",
        max(cost.bytes for cost in costs) // 1_000_000,
        sum(cost.leads for cost in costs),
    ]
