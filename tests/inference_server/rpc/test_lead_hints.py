"""The lead as a parameter of the Open Inference Protocol; as a field it is in test_arrhythmia.py."""

from __future__ import annotations

import queue
from typing import Any

import pytest
import tritonclient.grpc as triton

from inference_server.generated.inference import open_inference_pb2 as pb
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.open_inference_calls import bytes_input, encoded, infer, labels, pixels, refused
from tests.inference_server.server_process import ServerProcess


def told(result: triton.InferResult) -> dict[str, str]:
    return {name: parameter.string_param for name, parameter in result.get_response().parameters.items()}


@pytest.mark.parametrize(
    ("model", "tensor"),
    [("arrhythmia", encoded(picture(4), picture(2))), ("arrhythmia_pixels", pixels(4, 2))],
    ids=["pictures", "pixels"],
)
def test_the_lead_is_a_hint_for_pictures_and_pixels(
    client: triton.InferenceServerClient, model: str, tensor: triton.InferInput
) -> None:
    plain = client.infer(model, [tensor])
    hinted = client.infer(model, [tensor], parameters={"lead": "MDC_ECG_LEAD_V1"})
    # Nothing was measured of this model in any lead, so once one is named nothing is confident.
    assert [list(result.as_numpy("verdict")) for result in (plain, hinted)] == [[b"CONFIDENT"] * 2, [b"UNCERTAIN"] * 2]
    assert (told(plain), told(hinted)) == ({}, {"lead": "V1", "lead_knowledge": "NONE"})
    assert labels(plain) == labels(hinted) == ["PVC", "RBBB"]
    assert (plain.as_numpy("probabilities") == hinted.as_numpy("probabilities")).all()
    assert told(client.infer(model, [tensor], parameters={"lead": ""})) == {}


def test_the_input_may_name_it_and_a_stream_goes_on_after_an_unknown_one(
    server: ServerProcess, client: triton.InferenceServerClient
) -> None:
    request = bytes_input(picture(4))
    request.inputs[0].parameters["lead"].string_param = "Lead II"
    assert infer(server, request).parameters["lead"].string_param == "II"
    results: queue.Queue[tuple[Any, Any]] = queue.Queue()
    client.start_stream(lambda result, error: results.put((result, error)))
    for lead in ("V1", "heart", "aVF"):
        client.async_stream_infer("arrhythmia", [encoded(picture(4))], parameters={"lead": lead})
    answers = [results.get(timeout=30) for _ in range(3)]
    client.stop_stream()
    assert [error and error.message() for _, error in answers] == [
        None,
        "That is no lead's name. Leads are called II, aVF, V1 or MLII, for example.",
        None,
    ]
    assert [told(answers[place][0])["lead"] for place in (0, 2)] == ["V1", "aVF"]


@pytest.mark.parametrize(
    ("parameter", "why"),
    [
        ({"string_param": "heart"}, "LEAD_UNKNOWN {}: That is no lead's name."),
        ({"string_param": "ECG"}, "LEAD_UNKNOWN {}: That is no lead's name."),
        *(
            (wrong, "PARAMETER_UNSUPPORTED {}: The parameter 'lead' has to be a string_param")
            for wrong in ({"int64_param": 2}, {"bool_param": True}, {"double_param": 1.0}, {"uint64_param": 1}, {})
        ),
    ],
)
@pytest.mark.parametrize("field", ["parameters", "inputs[image].parameters"])
def test_what_is_no_lead_is_refused(server: ServerProcess, field: str, parameter: dict[str, Any], why: str) -> None:
    request = bytes_input(picture())
    place = request if field == "parameters" else request.inputs[0]
    place.parameters["lead"].MergeFrom(pb.InferParameter(**parameter))
    assert refused(server, request).startswith(why.format(field))


def test_the_lead_stands_in_one_place(server: ServerProcess) -> None:
    request = bytes_input(picture())
    request.parameters["lead"].string_param = request.inputs[0].parameters["lead"].string_param = "II"
    assert refused(server, request).startswith("PARAMETER_UNSUPPORTED parameters: ")
