"""Whether merging callers' pictures into one run of the model would pay: CPU time a picture, by size of the batch.

``python -m benchmarks.batching``; sizes are measured in turn, and the least of the rounds counts, since whatever else
the machine does only adds to it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer

from benchmarks.processes.project import MODELS, SAMPLES, newest
from inference_server.models.onnx_model import OnnxModel

SIZES: Final = (1, 2, 4, 8, 16, 32)


def measure(model: OnnxModel, image: bytes, *, rounds: int, pictures: int) -> dict[int, float]:
    """CPU milliseconds that the model takes for a picture, by size of the batch; decoding is the same for all."""
    pixels = model.input.view(image).pixels
    batches = {size: np.repeat(pixels[None], size, axis=0) for size in SIZES}
    least = dict.fromkeys(SIZES, float("inf"))
    for _ in range(rounds):
        for size, batch in batches.items():
            runs = max(1, pictures // size)
            begun = time.process_time()
            for _ in range(runs):
                model.run(batch)
            least[size] = min(least[size], (time.process_time() - begun) / (runs * size) * 1000)
    return least


def main(
    model: Annotated[Path | None, typer.Option(help="Folder of a model version; default: the newest.")] = None,
    picture: Annotated[Path | None, typer.Option(help="A PNG or JPEG; default: the first of samples/.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 10,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures in one measurement.")] = 128,
) -> None:
    """Print CPU milliseconds a picture for every size of batch, as JSON."""
    image = (picture or min(SAMPLES.glob("[A-Z]*/*.png"))).read_bytes()
    figures = measure(OnnxModel.load(model or newest(MODELS)), image, rounds=rounds, pictures=pictures)
    sys.stdout.write(json.dumps({size: round(milliseconds, 3) for size, milliseconds in figures.items()}) + "\n")
