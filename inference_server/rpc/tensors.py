"""The Open Inference Protocol's tensors, in and out. Raw contents: little endian, row by row; each element of BYTES
after its length as four bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np

from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.images import Pixels
from inference_server.rpc.errors import RequestError


def from_bytes_tensor(tensor: pb.ModelInferRequest.InferInputTensor, raw: bytes | None) -> list[bytes]:
    """The elements of a BYTES tensor of shape [N] or [N, 1].

    Raises:
        RequestError: type, shape and contents do not belong together.
    """
    field = f"inputs[{tensor.name}]"
    _check(tensor.datatype == "BYTES", f"The input {tensor.name} has to be BYTES.", field)
    shape = list(tensor.shape)
    _check(len(shape) == 1 or shape[1:] == [1], f"The input {tensor.name} has to have the shape [N] or [N, 1].", field)
    elements = list(tensor.contents.bytes_contents) if raw is None else _split(raw, field)
    _check(len(elements) == shape[0], f"The shape says {shape[0]} elements, the contents have {len(elements)}.", field)
    return elements


def from_pixel_tensor(
    tensor: pb.ModelInferRequest.InferInputTensor, raw: bytes | None, picture: Sequence[int]
) -> Pixels:
    """A UINT8 tensor of a model's own pixels, ``uint8`` ``[N, H, W, C]``.

    Args:
        picture: height, width and channels.

    Raises:
        RequestError: type, shape and contents do not belong together.
    """
    field = f"inputs[{tensor.name}]"
    _check(tensor.datatype == "UINT8", f"The input {tensor.name} has to be UINT8.", field)
    shape = list(tensor.shape)
    expected = f"[N, {', '.join(map(str, picture))}]"
    _check(
        len(shape) == 4 and shape[0] >= 1 and shape[1:] == list(picture),
        f"The input {tensor.name} has to have the shape {expected}.",
        field,
    )
    if raw is None:
        values = tensor.contents.uint_contents
        _check(all(value <= 255 for value in values), "A UINT8 element is larger than 255.", field)
        raw = bytes(values)
    size = math.prod(shape)
    _check(len(raw) == size, f"The shape says {size} elements, the contents have {len(raw)}.", field)
    return np.frombuffer(raw, dtype=np.uint8).reshape(shape)


def to_bytes_contents(elements: Sequence[str]) -> bytes:
    """Raw contents of a BYTES tensor."""
    encoded = [element.encode() for element in elements]
    return b"".join(struct.pack("<I", len(element)) + element for element in encoded)


def _split(raw: bytes, field: str) -> list[bytes]:
    elements = []
    position = 0
    while position < len(raw):
        _check(position + 4 <= len(raw), "The contents end within a length.", field)
        (length,) = struct.unpack_from("<I", raw, position)
        position += 4
        _check(position + length <= len(raw), "The contents end within an element.", field)
        elements.append(raw[position : position + length])
        position += length
    return elements


def _check(right: bool, message: str, field: str) -> None:
    if not right:
        raise RequestError("TENSOR_UNUSABLE", message, field=field)
