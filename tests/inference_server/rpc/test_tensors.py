"""The tensors of the Open Inference Protocol, in every form that a client may send."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import pytest
import tritonclient.grpc as triton

from ecg.pictures.canonical import to_pixels
from inference_server.generated.inference import open_inference_pb2 as pb
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.open_inference_calls import bytes_input, infer, raw_element, refusal, refused
from tests.inference_server.server_process import ServerProcess
from tests.inference_server.tiny_models import HEIGHT, WIDTH


def test_typed_contents_do_as_well(server: ServerProcess) -> None:
    assert infer(server, bytes_input(picture(6), shape=[1, 1])).raw_output_contents[1] == b"\x05\0\0\0PACED"
    request = pb.ModelInferRequest(model_name="arrhythmia_pixels")
    tensor = request.inputs.add(name="pixels", datatype="UINT8", shape=[1, HEIGHT, WIDTH, 1])
    tensor.contents.uint_contents.extend(to_pixels(picture(6), height=HEIGHT, width=WIDTH).ravel().tolist())
    assert infer(server, request).raw_output_contents[1] == b"\x05\0\0\0PACED"


def test_contents_are_in_one_place(server: ServerProcess) -> None:
    both = bytes_input(picture())
    both.raw_input_contents.append(raw_element(picture(3)))
    assert refused(server, both).startswith("TENSOR_UNUSABLE inputs[0].contents: With raw_input_contents")
    empty = pb.ModelInferRequest(model_name="arrhythmia", raw_input_contents=[raw_element(picture())])
    empty.inputs.add(name="image", datatype="BYTES", shape=[1]).contents.SetInParent()
    assert refused(server, empty).startswith("TENSOR_UNUSABLE inputs[0].contents")
    two = pb.ModelInferRequest(model_name="arrhythmia", raw_input_contents=[raw_element(picture())] * 2)
    two.inputs.add(name="image", datatype="BYTES", shape=[1])
    assert refused(server, two).startswith("TENSOR_UNUSABLE raw_input_contents")
    neither = pb.ModelInferRequest(model_name="arrhythmia")
    neither.inputs.add(name="image", datatype="BYTES", shape=[1])
    assert "1 elements, the contents have 0" in refused(server, neither)


@pytest.mark.parametrize("model", ["arrhythmia", "arrhythmia_pixels"])
def test_contents_are_of_the_type_that_the_input_has(server: ServerProcess, model: str) -> None:
    wrong = bytes_input(picture())
    wrong.model_name = model
    tensor = wrong.inputs[0]
    tensor.contents.uint_contents.append(1)
    if model == "arrhythmia_pixels":
        tensor.name, tensor.datatype = "pixels", "UINT8"
        tensor.shape[:] = [1, HEIGHT, WIDTH, 1]
    answer = refused(server, wrong)
    assert answer.startswith("TENSOR_UNUSABLE")
    assert "not in uint_contents" in answer if model == "arrhythmia" else "not in bytes_contents" in answer


@pytest.mark.parametrize("raw", [False, True], ids=["typed", "raw"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes], ids=["one line", "lines"])
def test_pictures_in_base64_are_decoded(server: ServerProcess, encode: Callable[[bytes], bytes], raw: bool) -> None:
    elements = [encode(picture(band)) for band in (1, 5)]
    request = bytes_input(*elements, shape=[2, 1], content_type="base64")
    if raw:
        request.inputs[0].ClearField("contents")
        request.raw_input_contents.append(b"".join(map(raw_element, elements)))
    response = infer(server, request)
    assert response.raw_output_contents[1] == b"\x04\0\0\0LBBB\x02\0\0\0VF"


def test_what_is_no_base64_is_named(server: ServerProcess) -> None:
    for broken in (picture(), b"not base64!", base64.b64encode(picture())[:-1], b"=" * 8):
        request = bytes_input(base64.b64encode(picture()), broken, content_type="base64")
        answer = refused(server, request)
        assert answer == "TENSOR_UNUSABLE inputs[image]: The content type is base64, and the element 1 is not base64."
    pixels_in_base64 = pb.ModelInferRequest(model_name="arrhythmia_pixels", raw_input_contents=[bytes(HEIGHT * WIDTH)])
    tensor = pixels_in_base64.inputs.add(name="pixels", datatype="UINT8", shape=[1, HEIGHT, WIDTH, 1])
    tensor.parameters["content_type"].string_param = "base64"
    assert "for inputs of the type BYTES" in refused(server, pixels_in_base64)


@pytest.mark.parametrize("content_type", ["", "np", "raw"])
def test_other_content_types_are_taken_as_they_are(server: ServerProcess, content_type: str) -> None:
    response = infer(server, bytes_input(picture(6), content_type=content_type))
    assert response.raw_output_contents[1] == b"\x05\0\0\0PACED"


@pytest.mark.parametrize(
    ("datatype", "shape", "raw"),
    [
        ("FP32", [1], b"\0\0\0\0"),
        ("BYTES", [2], b"\1\0\0\0a"),
        ("BYTES", [1], b"\1\0"),
        ("BYTES", [1], b"\xff\xff\xff\xffa"),
        ("BYTES", [1, 2], b"\1\0\0\0a\1\0\0\0a"),
        ("BYTES", [], b""),
    ],
)
def test_tensors_that_are_not_what_they_say(server: ServerProcess, datatype: str, shape: list[int], raw: bytes) -> None:
    tensor = pb.ModelInferRequest.InferInputTensor(name="image", datatype=datatype, shape=shape)
    request = pb.ModelInferRequest(model_name="arrhythmia", inputs=[tensor], raw_input_contents=[raw])
    assert refused(server, request).startswith("TENSOR_UNUSABLE inputs[image]")


def test_pixels_of_another_size_are_refused(client: triton.InferenceServerClient) -> None:
    tensor = triton.InferInput("pixels", [1, 10, 10, 1], "UINT8")
    tensor.set_data_from_numpy(np.zeros((1, 10, 10, 1), np.uint8))
    assert "[N, 32, 48, 1]" in str(refusal(lambda: client.infer("arrhythmia_pixels", [tensor])))
