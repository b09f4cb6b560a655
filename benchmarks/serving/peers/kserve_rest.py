"""KServe's REST server: ``python -m benchmarks.serving.peers.kserve_rest PORT WORKERS``, in KServe's environment.

``POST /v1/models/arrhythmia:predict`` with ``{"instances": [{"b64": …}]}``, as KServe's own examples send pictures.
"""

from __future__ import annotations

import sys
from typing import Any

from kserve import Model, ModelServer  # type: ignore[import-not-found, unused-ignore]

from benchmarks.serving.peers.deciding import decide


class Arrhythmia(Model):  # type: ignore[misc, unused-ignore]
    """Decides in the process that has read the request."""

    def load(self) -> bool:
        """Part of KServe's interface."""
        self.ready = True
        return True

    async def predict(
        self,
        payload: dict[str, Any],
        headers: dict[str, str] | None = None,  # noqa: ARG002 - part of KServe's interface
        response_headers: dict[str, str] | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Classify the pictures of a request."""
        return {"predictions": [decide(instance["b64"]) for instance in payload["instances"]]}


def main(port: str, workers: str) -> None:
    """Serve until the process is ended."""
    model = Arrhythmia("arrhythmia")
    model.load()
    ModelServer(http_port=int(port), workers=int(workers), enable_grpc=False).start([model])


if __name__ == "__main__":
    main(*sys.argv[1:])
