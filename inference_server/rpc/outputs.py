"""The outputs of a model in the Open Inference Protocol: which a caller asks for, and what is answered.

With the classification extension of Triton, an output comes as its highest values, each a string "value:index:label":
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from inference_server.classification import Classification, ModelInfo
from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.rpc import tensors
from inference_server.rpc.errors import RequestError

NAMES: Final = ("probabilities", "label", "verdict")

#: The output whose elements are numbers, one for each class.
_RANKED: Final = "probabilities"


class Wanted(NamedTuple):
    """One output that a caller asks for."""

    name: str
    classes: int = 0
    """So many of the highest values as strings; 0: the values."""


class _Tensor(NamedTuple):
    datatype: str
    shape: list[int]
    raw: bytes


def wanted(request: pb.ModelInferRequest) -> tuple[Wanted, ...]:
    """The outputs that the caller asks for, in that order; all of them when none is named.

    Raises:
        RequestError: there is no such output, or not in that way.
    """
    return tuple(_wanted(output) for output in request.outputs) or tuple(map(Wanted, NAMES))


def _wanted(output: pb.ModelInferRequest.InferRequestedOutputTensor) -> Wanted:
    if output.name not in NAMES:
        message = f"There is no output {output.name!r}; there are {', '.join(NAMES)}."
        raise RequestError("OUTPUT_UNKNOWN", message, field="outputs")
    if "shared_memory_region" in output.parameters:
        raise _unsupported("The parameter 'shared_memory_region' is not supported.")
    if "classification" not in output.parameters:
        return Wanted(output.name)
    if output.name != _RANKED:
        raise _unsupported(
            f"The parameter 'classification' is for the output {_RANKED!r}; {output.name!r} has no numbers to rank."
        )
    parameter = output.parameters["classification"]
    kind = parameter.WhichOneof("parameter_choice")
    if kind not in ("int64_param", "uint64_param"):
        raise _unsupported("The parameter 'classification' has to be an int64_param: a number of classes.")
    classes = getattr(parameter, kind)
    if classes < 1:
        raise _unsupported(f"The parameter 'classification' has to be at least 1; it is {classes}.")
    return Wanted(output.name, classes)


def _unsupported(message: str) -> RequestError:
    return RequestError("PARAMETER_UNSUPPORTED", message, field="outputs")


def add_to(
    response: pb.ModelInferResponse, outputs: Sequence[Wanted], info: ModelInfo, answers: Sequence[Classification]
) -> None:
    """Put the outputs wanted into a response, with the answers of all pictures in order."""
    for output in outputs:
        tensor = _tensor(output, info, answers)
        response.outputs.add(name=output.name, datatype=tensor.datatype, shape=tensor.shape)
        response.raw_output_contents.append(tensor.raw)


def _tensor(output: Wanted, info: ModelInfo, answers: Sequence[Classification]) -> _Tensor:
    number = len(answers)
    if output.name == "label":
        return _strings([number], [answer.beat_class.short for answer in answers])
    if output.name == "verdict":
        return _strings([number], [answer.verdict for answer in answers])
    rows = np.array([[probability for _, probability in answer.probabilities] for answer in answers], dtype="<f4")
    if not output.classes:
        return _Tensor("FP32", [number, len(info.classes)], rows.tobytes())
    classes = min(output.classes, len(info.classes))
    ranked = [_ranked(row, info, classes) for row in rows]
    return _strings([number, classes], [text for texts in ranked for text in texts])


def _ranked(row: np.ndarray[tuple[int], np.dtype[np.float32]], info: ModelInfo, classes: int) -> list[str]:
    """The highest values of one picture as "value:index:label", the highest first; equal ones by their index."""
    order = np.argsort(-row, kind="stable")[:classes]
    return [f"{row[index]:.6f}:{index}:{info.classes[index].short}" for index in order]


def _strings(shape: list[int], elements: list[str]) -> _Tensor:
    return _Tensor("BYTES", shape, tensors.to_bytes_contents(elements))
