"""What reading a picture by its ink costs beside the canonical pixels, on one thread, side by side in one run.

``python -m benchmarks.pictures`` prints CPU milliseconds from encoded bytes to the model's pixels both ways, and their
ratio, for a sample picture of 192 × 128 pixels and for a strip's crop of 12 megapixels. The ways take turns, and the
least of the rounds counts, since whatever else the machine does only adds to it.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from typing import Annotated, Final

import numpy as np
import typer
from PIL import Image, ImageDraw

from benchmarks.processes.project import SAMPLES
from ecg.pictures.canonical import to_pixels
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.ink.opening import open_picture
from ecg.pictures.ink.reading import ink_pixels

#: Width and height of the large picture, pixels.
LARGE: Final = (4000, 3000)


def large_photograph() -> bytes:
    """A JPEG of 12 megapixels: a wave on ruled paper, with a camera's noise."""
    sheet = Image.new("RGB", LARGE, (252, 246, 240))
    pen = ImageDraw.Draw(sheet)
    for place in range(0, LARGE[0], 60):
        colour, width = ((236, 160, 160), 6) if place % 300 == 0 else ((246, 205, 205), 3)
        pen.line((place, 0, place, LARGE[1]), fill=colour, width=width)
        pen.line((0, place, LARGE[0], place), fill=colour, width=width)
    x = np.arange(0, LARGE[0], 4)
    y = 1800 - 1300 * np.exp(-(((x - 2000) / 90) ** 2)) - 200 * np.exp(-(((x - 2900) / 250) ** 2))
    pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=(30, 30, 40), width=18)
    noise = np.random.default_rng(0).normal(0, 3, (LARGE[1], LARGE[0], 1))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(sheet) + noise, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def canonical_step(data: bytes) -> object:
    """As models up to version 4 state."""
    return to_pixels(data, height=HEIGHT, width=WIDTH)


def ink_step(data: bytes) -> object:
    """By the ink."""
    return ink_pixels(open_picture(data), height=HEIGHT, width=WIDTH)


def measure(pictures: list[bytes], *, rounds: int, repeats: int) -> dict[str, float]:
    """Least CPU milliseconds a picture, each way, over rounds in which both take turns, and their ratio."""
    ways: dict[str, Callable[[bytes], object]] = {"canonical": canonical_step, "ink": ink_step}
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.process_time()
            for _ in range(repeats):
                for picture in pictures:
                    way(picture)
            least[name] = min(least[name], (time.process_time() - begun) / repeats / len(pictures) * 1000)
    rounded = {name: round(milliseconds, 3) for name, milliseconds in least.items()}
    return rounded | {"ratio": round(least["ink"] / least["canonical"], 2)}


def main(rounds: Annotated[int, typer.Option(min=1, help="Turns of each way.")] = 160) -> None:
    """Print both ways' CPU milliseconds a picture and their ratio, as JSON."""
    small = [path.read_bytes() for path in sorted(SAMPLES.glob("[A-Z]*/*.png"))]
    figures = {
        "192 x 128": measure(small, rounds=rounds, repeats=1),
        "12 megapixels": measure([large_photograph()], rounds=max(3, rounds // 20), repeats=1),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    typer.run(main)
