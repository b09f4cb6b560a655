"""MLServer: ``python -m benchmarks.serving.peers.mlserver_rest PORT WORKERS``, in MLServer's environment.

``POST /v2/models/arrhythmia/infer`` of the Open Inference Protocol, with a picture as a ``BYTES`` tensor in base64.
"""

from __future__ import annotations

import asyncio
import json
import sys

from mlserver import MLModel, MLServer, ModelSettings, Settings  # type: ignore[import-not-found, unused-ignore]
from mlserver.codecs import StringCodec  # type: ignore[import-not-found, unused-ignore]
from mlserver.types import (  # type: ignore[import-not-found, unused-ignore]
    InferenceRequest,
    InferenceResponse,
)
from mlserver.utils import install_uvloop_event_loop  # type: ignore[import-not-found, unused-ignore]

from benchmarks.processes.free_ports import free_ports
from benchmarks.serving.peers.deciding import decide


class Arrhythmia(MLModel):  # type: ignore[misc, unused-ignore]
    """Decides in one of MLServer's workers."""

    async def load(self) -> bool:
        """Part of MLServer's interface."""
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Classify the pictures of a request."""
        answers = [json.dumps(decide(encoded)) for encoded in payload.inputs[0].data]
        return InferenceResponse(model_name=self.name, outputs=[StringCodec.encode_output("classification", answers)])


async def serve(port: int, workers: int) -> None:
    """Serve until the process is told to end."""
    grpc_port, metrics_port = free_ports(2)
    settings = Settings(
        host="127.0.0.1",
        http_port=port,
        grpc_port=grpc_port,
        metrics_port=metrics_port,
        parallel_workers=workers,
        debug=False,
    )
    model = ModelSettings(name="arrhythmia", implementation="benchmarks.serving.peers.mlserver_rest.Arrhythmia")
    await MLServer(settings).start([model])


def main(port: str, workers: str) -> None:
    """Serve as ``mlserver start`` does."""
    install_uvloop_event_loop()
    asyncio.run(serve(int(port), int(workers)))


if __name__ == "__main__":
    main(*sys.argv[1:])
