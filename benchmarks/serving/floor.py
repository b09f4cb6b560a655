"""The in-process floor: pictures decoded and classified as fast as this machine can, without any transport.

``python -m benchmarks.serving.floor MODEL_FOLDER PICTURE THREADS`` loads the model once; then, for every number
of seconds that it reads as a line, it works for so long and writes one line of JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from inference_server.models.onnx_model import OnnxModel


def measure(model: OnnxModel, image: bytes, *, seconds: float, threads: int) -> dict[str, float]:
    """Work for ``seconds`` on ``threads`` threads; returns pictures a second and CPU seconds a picture."""
    counts = [0] * threads

    def work(index: int, end: float) -> None:
        while not counts[index] or time.perf_counter() < end:  # at least one, however busy the machine is
            model.run(model.input.view(image).pixels[None])
            counts[index] += 1

    cpu, begun = time.process_time(), time.perf_counter()
    workers = [threading.Thread(target=work, args=(index, begun + seconds)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    elapsed, pictures = time.perf_counter() - begun, sum(counts)
    return {"pictures_per_second": pictures / elapsed, "cpu_seconds": (time.process_time() - cpu) / max(1, pictures)}


def main(folder: str, picture: str, threads: str) -> None:
    """Answer lines on the standard input until it ends."""
    model, image = OnnxModel.load(Path(folder)), Path(picture).read_bytes()
    for line in sys.stdin:
        result = measure(model, image, seconds=float(line), threads=int(threads))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
