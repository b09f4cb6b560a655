"""A SavedModel that is a graph without names of layers: what ``model.export()`` and ``tf.saved_model.save`` write.

Such a graph is a program. It is loaded only where each of its operations, and those of all functions that it calls, is
arithmetic on tensors (:data:`ALLOWED`): none that reads or writes files, reaches the network, keeps tables or calls
back into Python. Even so it only ever runs in a process with bounds, see
:mod:`training.export.importing.process`; what the
server gets is the ONNX graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from training.export.importing.conversion import ood_score
from training.export.importing.old_program import prepared
from training.export.importing.options import Preprocessing
from training.export.keras_files.bounds import LEAST_SIDE, MAX_BYTES, MOST_SIDE
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.saved_model import GRAPH_FILE, check_folder
from training.export.onnx_conversion import Outputs

#: Operations that compute tensors from tensors and nothing else.
ALLOWED: Final = frozenset(
    """
    Abs Add AddN AddV2 All Any AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd BroadcastTo Cast
    Ceil ClipByValue Concat ConcatV2 Const Conv2D DepthToSpace DepthwiseConv2dNative Div DivNoNan Einsum Elu EnsureShape
    Equal Erf Erfc Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather
    GatherNd GatherV2 Greater GreaterEqual Identity IdentityN LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd
    LogicalNot LogicalOr MatMul Max MaxPool MaxPoolV2 Maximum Mean Min Minimum MirrorPad Mul Neg NoOp NotEqual OnesLike
    Pack Pad PadV2 PartitionedCall Placeholder Pow PreventGradient Prod Range Rank ReadVariableOp RealDiv Reciprocal
    Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor ReverseV2 Round Rsqrt Select SelectV2 Selu Shape ShapeN
    Sigmoid Sign Size Slice Softmax Softplus Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square
    SquaredDifference Squeeze StatefulPartitionedCall StopGradient StridedSlice Sub Sum Tanh Tile Transpose Unpack
    ZerosLike
    """.split()  # noqa: SIM905 - a hundred lines otherwise
)

#: What may hang on a model beside its functions: numbers. Files and tables are not.
_OBJECTS: Final = frozenset(
    {"user_object", "function", "bare_concrete_function", "variable", "constant", "captured_tensor"}
)

#: The graph without its weights, bytes.
_MAX_GRAPH_BYTES: Final = 64 * 1024 * 1024

#: What people and Keras call the function that predicts, the usual one first.
_SIGNATURES: Final = ("serving_default", "serve")
_TAG: Final = "serve"

#: What gives its input on, what calls a function, and what gives numbers without any bounds.
_PASSING: Final = ("Identity", "IdentityN", "StopGradient", "PreventGradient", "Cast", "EnsureShape")
_CALLS: Final = ("PartitionedCall", "StatefulPartitionedCall")
_LINEAR: Final = ("Add", "AddV2", "BiasAdd", "MatMul", "Mul", "Sub", "RealDiv")

#: So far back the origin of the outputs is looked for.
_MOST_STEPS: Final = 100

#: How far sums of probabilities are from one.
_SUM_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class SavedGraph:
    """A classifier whose layers are not known."""

    height: int
    width: int
    channels: int
    version: str
    """Of the TensorFlow that wrote it."""
    ending: str
    """What is still to be done to its outputs: nothing, ``softmax``, ``sigmoid``, or ``second`` for the probability of
    the second of two classes."""
    predict: Callable[[tf.Tensor], tf.Tensor]
    """``float32 [N, height, width, channels]`` to its own outputs."""

    def probabilities(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """What it says itself, ``[N, C]``."""
        ended: NDArray[np.float32] = _ended(self.predict(tf.constant(pictures)), self.ending).numpy()
        return ended

    def served(self, preprocessing: Preprocessing) -> Callable[[tf.Tensor], Outputs]:
        """From ``uint8 [N, H, W, C]`` to the served outputs."""

        def call(pixels: tf.Tensor) -> Outputs:
            network_input = prepared(pixels, preprocessing, self.height, self.width, self.channels)
            return {"probabilities": _ended(self.predict(network_input), self.ending), "distance": ood_score(pixels)}

        return call


def read(folder: Path, size: tuple[int, int] | None) -> SavedGraph:
    """Check and load a graph.

    Args:
        size: height and width of its input, where it leaves them open.

    Raises:
        KerasFileError: it is no such graph, or does more than to compute; the message says what.
    """
    graph = check(folder)
    try:
        loaded = tf.saved_model.load(str(folder), tags=[_TAG])
        function = loaded.signatures[graph.signature]
        ((argument, spec),) = function.structured_input_signature[1].items()
        (output,) = function.structured_outputs
    except (ValueError, KeyError, AttributeError, OSError, RuntimeError, tf.errors.OpError) as error:
        raise KerasFileError(f"{folder.name} can't be loaded, or has not one input and one output.") from error
    height, width, channels = _input_size(spec, size, folder.name)

    def predict(pictures: tf.Tensor, _alive: Any = loaded) -> tf.Tensor:
        return function(**{argument: tf.cast(pictures, spec.dtype)})[output]

    tried = np.random.default_rng(0).random((4, height, width, channels), dtype=np.float32)
    tried[2:] *= 255
    try:
        outputs = np.asarray(predict(tf.constant(tried)))
    except (tf.errors.OpError, ValueError, TypeError) as error:
        raise KerasFileError(f"{folder.name} does not run: {_first_line(error)}") from error
    ending = _ending_of(outputs, len(tried), graph.last_operation, folder.name)
    return SavedGraph(height, width, channels, graph.version, ending, predict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A graph that only computes."""

    version: str
    """Of the TensorFlow that wrote it."""
    signature: str
    last_operation: str
    """What its outputs come out of, such as ``Softmax``; empty where that can't be seen."""


def check(folder: Path) -> Checked:
    """Refuse a SavedModel that does more than to compute.

    Raises:
        KerasFileError: see above.
    """
    check_folder(folder)
    meta_graph = _meta_graph(folder)
    if not meta_graph.object_graph_def.nodes:
        raise KerasFileError(f"{folder.name} is a SavedModel of TensorFlow 1, which can only be loaded by running it.")
    weights = 0
    for node in meta_graph.object_graph_def.nodes:
        kind = node.WhichOneof("kind")
        if kind not in _OBJECTS or node.registered_saver:
            raise KerasFileError(f"{folder.name} holds a {kind or 'saver'}, which a network does not need.")
        if kind == "variable":
            sides = [dimension.size for dimension in node.variable.shape.dim]
            weights += 4 * math.prod(max(side, 0) for side in sides)
    if weights > MAX_BYTES:
        raise KerasFileError(f"{folder.name} has more than {MAX_BYTES:,} bytes of weights.")
    signature = next((name for name in _SIGNATURES if name in meta_graph.signature_def), None)
    if signature is None:
        named = ", ".join(sorted(meta_graph.signature_def)) or "none"
        raise KerasFileError(f"{folder.name} has no signature {' or '.join(_SIGNATURES)}; it has {named}.")
    functions = {function.signature.name: function for function in meta_graph.graph_def.library.function}
    first = _function_of(meta_graph.object_graph_def, signature, folder.name)
    for name, operation in _operations(functions, first, folder.name):
        if operation not in ALLOWED:
            raise KerasFileError(f"{folder.name} has the operation {operation} ({name}), {_reason(operation)}.")
    return Checked(str(meta_graph.meta_info_def.tensorflow_version), signature, _last_operation(functions, first))


def _reason(operation: str) -> str:
    if "Random" in operation or operation.startswith(("Rng", "Assign")):
        return (
            "so its outputs are left to chance or change what it holds. Export the model without its augmentation, or"
            " save it with model.save()"
        )
    return "which is not known to only compute"


def _meta_graph(folder: Path) -> Any:
    path = folder / GRAPH_FILE
    if path.stat().st_size > _MAX_GRAPH_BYTES:
        raise KerasFileError(f"{GRAPH_FILE} has more than {_MAX_GRAPH_BYTES:,} bytes.")
    try:
        saved = SavedModel.FromString(path.read_bytes())
    except DecodeError as error:
        raise KerasFileError(f"{GRAPH_FILE} in {folder.name} is damaged.") from error
    for meta_graph in saved.meta_graphs:
        if list(meta_graph.meta_info_def.tags) == [_TAG]:
            return meta_graph
    raise KerasFileError(f"{folder.name} holds no graph for serving.")


def _operations(functions: Mapping[str, Any], first: str, called: str) -> Iterator[tuple[str, str]]:
    """Name and kind of every operation of the function ``first`` and of all that it calls.

    The outermost graph only saves and restores weights and is neither loaded nor run.
    """
    waiting = [first]
    met: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in met:
            continue
        met.add(name)
        if name not in functions:
            raise KerasFileError(f"{called} calls the function {name}, which is not there.")
        for node in functions[name].node_def:
            yield f"{name}/{node.name}", node.op
            waiting += [function for value in node.attr.values() for function in _named_functions(value)]


def _function_of(objects: Any, signature: str, called: str) -> str:
    """Where a signature leads, read where loading reads it: among the objects."""
    node = objects.nodes[0]
    for name in ("signatures", signature):
        below = next((child.node_id for child in node.children if child.local_name == name), -1)
        if not 0 <= below < len(objects.nodes):
            raise KerasFileError(f"{called} has no function for its signature {signature}.")
        node = objects.nodes[below]
    if node.WhichOneof("kind") != "bare_concrete_function":
        raise KerasFileError(f"{called} has no function for its signature {signature}.")
    return str(node.bare_concrete_function.concrete_function_name)


def _last_operation(functions: Mapping[str, Any], first: str) -> str:
    """The kind of operation that gives the one output of the function ``first``."""
    function = functions[first]
    reference = next(iter(function.ret.values()), "")
    for _ in range(_MOST_STEPS):
        name, _, place = reference.partition(":")
        node = next((node for node in function.node_def if node.name == name), None)
        if node is None:
            return ""
        if node.op in _CALLS and node.attr["f"].func.name in functions:
            function = functions[node.attr["f"].func.name]
            outputs, index = function.signature.output_arg, place.rpartition(":")[2]
            if not index.isdecimal() or int(index) >= len(outputs):
                return ""
            reference = function.ret[outputs[int(index)].name]
        elif node.op in _PASSING and node.input:
            reference = node.input[0]
        else:
            return str(node.op)
    return ""


def _named_functions(value: Any) -> list[str]:
    own = [value.func.name] if value.HasField("func") else []
    return own + [function.name for function in value.list.func]


def _input_size(spec: Any, size: tuple[int, int] | None, called: str) -> tuple[int, int, int]:
    """Height, width and channels of its input."""
    if spec.shape.rank != 4:
        raise KerasFileError(f"{called} takes {spec.shape}; expected [None, height, width, channels].")
    _, height, width, channels = spec.shape.as_list()
    if height is None or width is None:
        if size is None:
            raise KerasFileError(
                f"{called} takes {spec.shape}: the size of the pictures is left open. Say what the program resized them"
                " to with --size, such as 224x224."
            )
        height, width = size
    elif size is not None and size != (height, width):
        raise KerasFileError(f"{called} takes {width}x{height} pixels, not {size[1]}x{size[0]}.")
    if channels not in (1, 3) or not all(LEAST_SIDE <= side <= MOST_SIDE for side in (height, width)):
        raise KerasFileError(
            f"{called} takes {spec.shape}; pictures have 1 or 3 channels, which come last, and sides of {LEAST_SIDE} to"
            f" {MOST_SIDE} pixels."
        )
    return height, width, channels


def _ending_of(outputs: NDArray[np.float32], pictures: int, last_operation: str, called: str) -> str:
    """What is still to be done to the outputs, seen from those for some pictures and what they come out of."""
    if outputs.ndim != 2 or len(outputs) != pictures or not np.isfinite(outputs).all():
        raise KerasFileError(f"{called} answers with {outputs.shape}; a classifier gives one number for each class.")
    shares = bool(((outputs >= 0) & (outputs <= 1)).all())
    if outputs.shape[1] == 1:
        return "second" if shares and last_operation not in _LINEAR else "sigmoid"
    if shares and np.abs(outputs.sum(axis=1) - 1).max() < _SUM_TOLERANCE:
        return ""
    if shares and last_operation not in _LINEAR:
        raise KerasFileError(
            f"{called} answers with {outputs.shape[1]} numbers that do not add up to 1, each of which says yes or no by"
            " itself; a classifier ends in a softmax."
        )
    return "softmax"


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _ended(values: tf.Tensor, ending: str) -> tf.Tensor:
    """Its outputs as probabilities, ``[N, C]``."""
    values = tf.cast(values, tf.float32)
    if ending == "softmax":
        return tf.nn.softmax(values)
    if ending in ("second", "sigmoid"):
        second = values if ending == "second" else tf.sigmoid(values)
        return tf.concat([1 - second, second], axis=1)
    return values
