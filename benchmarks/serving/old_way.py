"""How such projects are often served: Flask's own server, and Keras' ``predict`` on one picture a request.

``python -m benchmarks.serving.old_way NETWORK HEIGHT WIDTH CLASSES`` listens on a free port of the loopback address
and prints it. The weights are random, which costs the same as trained ones.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import flask
import numpy as np
from PIL import Image
from werkzeug.serving import make_server

from training.learning import networks


def make_app(model: Any, *, height: int, width: int) -> flask.Flask:
    """``POST /predict`` with the bytes of a picture; answers the scores of all classes as JSON."""
    app = flask.Flask("old way")

    @app.post("/predict")
    def predict() -> Any:
        image = Image.open(io.BytesIO(flask.request.get_data())).convert("L").resize((width, height))
        pixels = np.asarray(image)[None, :, :, None]
        return flask.jsonify(scores=model.predict(pixels, verbose=0)[0].tolist())

    return app


def main(network: str, height: str, width: str, classes: str) -> None:
    """Serve until the process is ended."""
    model = networks.build(network, height=int(height), width=int(width), classes=int(classes))
    server = make_server("127.0.0.1", 0, make_app(model, height=int(height), width=int(width)), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
