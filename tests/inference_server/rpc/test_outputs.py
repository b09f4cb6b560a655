"""What a call of the Open Inference Protocol asks for, and the lead that it names."""

from __future__ import annotations

import queue
from typing import Any

import pytest
import tritonclient.grpc as triton

from inference_server.generated.inference import open_inference_pb2 as pb
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.open_inference_calls import bytes_input, encoded, infer, labels, pixels, refused
from tests.inference_server.server_process import ServerProcess
from tests.inference_server.tiny_models import CLASSES


def ranked(count: int) -> triton.InferRequestedOutput:
    return triton.InferRequestedOutput("probabilities", class_count=count)


@pytest.mark.parametrize("count", [1, 3, 7, 100])
@pytest.mark.parametrize("bands", [(4,), (0, 6, 3)], ids=["one", "batch"])
def test_the_most_probable_classes_are_ranked(
    client: triton.InferenceServerClient, bands: tuple[int, ...], count: int
) -> None:
    tensor = encoded(*(picture(band) for band in bands))
    result = client.infer("arrhythmia", [tensor], outputs=[ranked(count)])
    strings = result.as_numpy("probabilities")
    assert strings.shape == (len(bands), min(count, 7))
    assert (result.get_output("probabilities").datatype, len(result.get_response().outputs)) == ("BYTES", 1)
    numbers = client.infer("arrhythmia", [tensor]).as_numpy("probabilities")
    for band, row, probabilities in zip(bands, strings, numbers, strict=True):
        parts = [text.decode().split(":") for text in row]
        assert parts[0][1:] == [str(band), CLASSES[band][0]]
        assert [label for _, _, label in parts] == [CLASSES[int(index)][0] for _, index, _ in parts]
        values = [float(value) for value, _, _ in parts]
        assert values == pytest.approx(sorted(probabilities, reverse=True)[: len(values)], abs=1e-6)
        # Equal ones in the order of the classes.
        assert [int(index) for _, index, _ in parts[1:]] == [index for index in range(7) if index != band][: count - 1]


def test_ranked_classes_stand_beside_other_outputs_and_in_streams(client: triton.InferenceServerClient) -> None:
    wanted = [triton.InferRequestedOutput("verdict"), ranked(2), triton.InferRequestedOutput("label")]
    result = client.infer("arrhythmia_pixels", [pixels(2, 5)], outputs=wanted)
    assert [output.name for output in result.get_response().outputs] == ["verdict", "probabilities", "label"]
    assert [text.decode().split(":")[2] for text in result.as_numpy("probabilities")[:, 0]] == labels(result)
    results: queue.Queue[tuple[Any, Any]] = queue.Queue()
    client.start_stream(lambda result, error: results.put((result, error)))
    client.async_stream_infer("arrhythmia", [encoded(picture(4))], outputs=[ranked(3)])
    result, error = results.get(timeout=30)
    client.stop_stream()
    assert error is None
    assert result.as_numpy("probabilities").shape == (1, 3)


def with_parameter(output: str, **parameter: Any) -> pb.ModelInferRequest:
    """A request for an output with the parameter ``classification``."""
    request = bytes_input(picture())
    wanted = request.outputs.add(name=output)
    wanted.parameters["classification"].MergeFrom(pb.InferParameter(**parameter))
    return request


@pytest.mark.parametrize(
    ("output", "parameter", "reason", "why"),
    [
        ("probabilities", {"int64_param": 0}, "PARAMETER_UNSUPPORTED", "at least 1; it is 0"),
        ("probabilities", {"int64_param": -3}, "PARAMETER_UNSUPPORTED", "at least 1; it is -3"),
        ("probabilities", {"bool_param": True}, "PARAMETER_UNSUPPORTED", "has to be an int64_param"),
        ("probabilities", {"string_param": "3"}, "PARAMETER_UNSUPPORTED", "has to be an int64_param"),
        ("probabilities", {}, "PARAMETER_UNSUPPORTED", "has to be an int64_param"),
        ("label", {"int64_param": 3}, "PARAMETER_UNSUPPORTED", "'label' has no numbers to rank"),
        ("verdict", {"int64_param": 1}, "PARAMETER_UNSUPPORTED", "'verdict' has no numbers to rank"),
        ("logits", {"int64_param": 3}, "OUTPUT_UNKNOWN", "There is no output 'logits'"),
    ],
)
def test_what_can_not_be_ranked_is_explained(
    server: ServerProcess, output: str, parameter: dict[str, Any], reason: str, why: str
) -> None:
    answer = refused(server, with_parameter(output, **parameter))
    assert answer.startswith(f"{reason} outputs: ")
    assert why in answer


def test_a_large_unsigned_number_of_classes_is_all_of_them(server: ServerProcess) -> None:
    response = infer(server, with_parameter("probabilities", uint64_param=2**63))
    assert (list(response.outputs[0].shape), response.outputs[0].datatype) == ([1, 7], "BYTES")


def test_only_the_outputs_asked_for_are_sent(client: triton.InferenceServerClient) -> None:
    result = client.infer("arrhythmia", [encoded(picture(2))], outputs=[triton.InferRequestedOutput("label")])
    assert [output.name for output in result.get_response().outputs] == ["label"]
    assert labels(result) == ["RBBB"]


def told(result: triton.InferResult) -> list[str]:
    parameters = result.get_response().parameters
    return [parameters[name].string_param for name in ("lead", "lead_knowledge") if name in parameters]


def test_a_lead_is_a_hint_for_pictures_and_pixels(client: triton.InferenceServerClient) -> None:
    for model, tensor in (("arrhythmia", encoded(picture(4), picture(2))), ("arrhythmia_pixels", pixels(4, 2))):
        plain, empty, hinted = (
            client.infer(model, [tensor], parameters=said) for said in (None, {"lead": ""}, {"lead": "MDC_ECG_LEAD_V1"})
        )
        # Nothing was measured of this model in any lead, so once one is named nothing is confident.
        assert list(plain.as_numpy("verdict")) == [b"CONFIDENT"] * 2
        assert list(hinted.as_numpy("verdict")) == [b"UNCERTAIN"] * 2
        assert [told(result) for result in (plain, empty, hinted)] == [[], [], ["V1", "NONE"]]
        assert labels(plain) == labels(hinted) == ["PVC", "RBBB"]


@pytest.mark.parametrize("field", ["parameters", "inputs[0].parameters"])
def test_a_lead_is_a_string_of_the_request_or_of_its_input(server: ServerProcess, field: str) -> None:
    request = bytes_input(picture(4))
    parameter = (request if field == "parameters" else request.inputs[0]).parameters["lead"]
    for wrong in ({"int64_param": 2}, {"bool_param": True}, {"double_param": 1.0}, {"uint64_param": 1}, {}):
        parameter.CopyFrom(pb.InferParameter(**wrong))
        assert refused(server, request).startswith(f"PARAMETER_UNSUPPORTED {field}: The parameter 'lead' has to be a")
    for label in ("heart", "ECG"):
        parameter.string_param = label
        assert refused(server, request).startswith(f"LEAD_UNKNOWN {field}: That is no lead's name.")
    parameter.string_param = "Lead II"
    assert infer(server, request).parameters["lead"].string_param == "II"
    request.parameters["lead"].string_param = request.inputs[0].parameters["lead"].string_param = "II"
    assert refused(server, request).startswith("PARAMETER_UNSUPPORTED parameters: ")
