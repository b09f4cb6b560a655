"""The Open Inference Protocol's tensors, in and out. Raw contents: little endian, row by row; each element of BYTES
after its length as four bytes.
"""

from __future__ import annotations

import binascii
import math
import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ecg.pictures.canonical import Pixels
from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.rpc.errors import RequestError

#: MLServer's name for elements that are base64 (its Base64Codec), as the parameter ``content_type`` of an input.
_BASE64: Final = "base64"

InputTensor = pb.ModelInferRequest.InferInputTensor


def only_input(request: pb.ModelInferRequest, name: str) -> tuple[InputTensor, bytes | None]:
    """The one input of a request, which has to have that name; and its raw contents, where it comes with them.

    Raises:
        RequestError: there is another input or none, or its contents are not where the protocol has them.
    """
    _check(len(request.inputs) == 1, "The model takes one input.", "inputs")
    tensor = request.inputs[0]
    here = tensor.name == name and "shared_memory_region" not in tensor.parameters
    _check(here, f"The model takes the input {name!r}, with its contents in the request.", "inputs[0]")
    raw = request.raw_input_contents
    if not raw:
        return tensor, None
    _check(len(raw) == 1, "There is more than one raw content.", "raw_input_contents")
    both = "With raw_input_contents in the request, an input must not have contents of its own."
    _check(not tensor.HasField("contents"), both, "inputs[0].contents")
    return tensor, raw[0]


def from_bytes_tensor(tensor: InputTensor, raw: bytes | None) -> list[bytes]:
    """The elements of a BYTES tensor of shape [N] or [N, 1], decoded where they are base64.

    Raises:
        RequestError: type, shape and contents do not belong together, or an element is not base64 as it claims.
    """
    field = f"inputs[{tensor.name}]"
    _check(tensor.datatype == "BYTES", f"The input {tensor.name} has to be BYTES.", field)
    shape = list(tensor.shape)
    _check(len(shape) == 1 or shape[1:] == [1], f"The input {tensor.name} has to have the shape [N] or [N, 1].", field)
    elements = list(_typed(tensor, "bytes_contents", field)) if raw is None else _split(raw, field)
    _check(len(elements) == shape[0], f"The shape says {shape[0]} elements, the contents have {len(elements)}.", field)
    return _from_base64(elements, field) if _content_type(tensor) == _BASE64 else elements


def from_pixel_tensor(tensor: InputTensor, raw: bytes | None, picture: Sequence[int]) -> Pixels:
    """A UINT8 tensor of a model's own pixels, ``uint8`` ``[N, H, W, C]``.

    Args:
        picture: height, width and channels.

    Raises:
        RequestError: type, shape and contents do not belong together.
    """
    field = f"inputs[{tensor.name}]"
    _check(tensor.datatype == "UINT8", f"The input {tensor.name} has to be UINT8.", field)
    _check(_content_type(tensor) != _BASE64, f"The content type {_BASE64} is for inputs of the type BYTES.", field)
    shape = list(tensor.shape)
    expected = f"[N, {', '.join(map(str, picture))}]"
    _check(
        len(shape) == 4 and shape[0] >= 1 and shape[1:] == list(picture),
        f"The input {tensor.name} has to have the shape {expected}.",
        field,
    )
    if raw is None:
        values = _typed(tensor, "uint_contents", field)
        _check(all(value <= 255 for value in values), "A UINT8 element is larger than 255.", field)
        raw = bytes(values)
    size = math.prod(shape)
    _check(len(raw) == size, f"The shape says {size} elements, the contents have {len(raw)}.", field)
    return np.frombuffer(raw, dtype=np.uint8).reshape(shape)


def _typed(tensor: InputTensor, field_name: str, field: str) -> Any:
    """The typed contents of a tensor, which are in the field for its type and in no other."""
    other_fields = [descriptor.name for descriptor, _ in tensor.contents.ListFields() if descriptor.name != field_name]
    _check(
        not other_fields,
        f"The contents of {tensor.datatype} are in {field_name}, not in {', '.join(other_fields)}.",
        field,
    )
    return getattr(tensor.contents, field_name)


def _content_type(tensor: InputTensor) -> str:
    return tensor.parameters["content_type"].string_param if "content_type" in tensor.parameters else ""


def _from_base64(elements: list[bytes], field: str) -> list[bytes]:
    decoded = []
    for index, element in enumerate(elements):
        try:
            decoded.append(binascii.a2b_base64(element.translate(None, b"\r\n"), strict_mode=True))
        except binascii.Error:
            message = f"The content type is {_BASE64}, and the element {index} is not base64."
            raise RequestError("TENSOR_UNUSABLE", message, field=field) from None
    return decoded


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
