"""A network in eight bits: half the time, and answers that differ a little.

Post-training static quantization by onnxruntime's own tools: ranges of activations are those of real pictures, weights
have a scale for each channel. What isn't a convolution stays float32, so the OOD score and the maps are computed as
before from quantized features.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

#: Pictures that ranges are taken from, and how many go through the network at once.
CALIBRATION_PICTURES: Final = 512
_BATCH: Final = 32

_QUANTIZED: Final = ["Conv", "Add", "Relu"]
#: What makes features of maps: only what leads to one is quantized. The OOD score is of differences that eight bits
#: would lose.
_END_OF_TRUNK: Final = "GlobalAveragePool"


class _Pictures(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._batches = iter(pixels[start : start + _BATCH] for start in range(0, len(pixels), _BATCH))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """The next batch, as onnxruntime asks for them."""
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def quantized(model: onnx.ModelProto, pixels: NDArray[np.uint8]) -> onnx.ModelProto:
    """The same graph with convolutions of eight bits.

    Args:
        model: takes ``pixels``, ``uint8 [N, H, W, C]``.
        pixels: of real pictures, at most :data:`CALIBRATION_PICTURES` of which are used.
    """
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, before)
        quantize_static(
            before,
            after,
            _Pictures(pixels[:CALIBRATION_PICTURES]),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_QUANTIZED,
            nodes_to_quantize=_trunk_of(model),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return onnx.load(after)


def _trunk_of(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that make the maps, from the first convolution on.

    Raises:
        ValueError: there are no features of maps, or nodes have no names.
    """
    maker = {output: node for node in model.graph.node for output in node.output}
    ends = [node for node in model.graph.node if node.op_type == _END_OF_TRUNK]
    names, waiting = set(), [source for end in ends for source in end.input]
    while waiting:
        node = maker.get(waiting.pop())
        if node is not None and node.name not in names:
            names.add(node.name)
            waiting += node.input
    chosen = [node for node in model.graph.node if node.name in names and node.op_type in _QUANTIZED]
    first = next((place for place, node in enumerate(chosen) if node.op_type == "Conv"), None)
    if first is None or "" in names:
        raise ValueError("The graph has no convolutions that lead to features.")
    return [node.name for node in chosen[first:]]
