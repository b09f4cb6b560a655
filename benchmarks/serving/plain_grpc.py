"""A gRPC server as it is usually written: grpcio's own, a pool of threads, the work done in the call.

``python -m benchmarks.serving.plain_grpc MODEL_FOLDER THREADS`` answers ``ClassifyImage`` with the same decoder,
model and messages as the inference server, without its queue, limits, metrics, log and processes. It prints its port,
and then for every line that it reads how many calls it has answered.
"""

from __future__ import annotations

import itertools
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from inference_server.classification.messages import Answers
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.models.classifier import Classifier
from inference_server.models.onnx_model import OnnxModel


class Servicer(arrhythmia_pb2_grpc.ArrhythmiaServiceServicer):
    """Works in the thread of the call."""

    def __init__(self, model: OnnxModel) -> None:
        self._classifier = Classifier(model)
        self._answers = Answers(model.info)
        self._numbers = itertools.count(1)
        self.answered = 0

    def ClassifyImage(  # noqa: N802 - named by the protocol
        self,
        request: pb.ClassifyImageRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - part of the protocol
    ) -> pb.ClassifyImageResponse:
        """Classify one picture."""
        answer = self._classifier.classify(request.image)
        response = self._answers.response(
            answer.classification, queue=0, decode=answer.decode_seconds, inference=answer.inference_seconds
        )
        self.answered = next(self._numbers)
        return response


def main(folder: str, threads: str) -> None:
    """Serve until the standard input ends."""
    servicer = Servicer(OnnxModel.load(Path(folder)))
    server = grpc.server(ThreadPoolExecutor(int(threads)))
    arrhythmia_pb2_grpc.add_ArrhythmiaServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(f"{servicer.answered}\n")
        sys.stdout.flush()
    server.stop(None)


if __name__ == "__main__":
    main(*sys.argv[1:])
