"""The lead that a beat was recorded in, as a caller may name it."""

from __future__ import annotations

from typing import Final

from ecg import leads
from inference_server.generated.inference import open_inference_pb2
from inference_server.rpc.errors import RequestError
from inference_server.workers import wire
from inference_server.workers.pool import Job, ServedModel
from inference_server.workers.wire import Kind

_IN_LEAD: Final = {Kind.CLASSIFY: Kind.CLASSIFY_IN_LEAD, Kind.CLASSIFY_PIXELS: Kind.CLASSIFY_PIXELS_IN_LEAD}


def resolved(label: str, field: str = "lead") -> str:
    """The canonical name of the lead that a request names in ``field``; empty where it names none.

    Raises:
        RequestError: it is no lead's name.
    """
    if not label:
        return ""
    lead = leads.resolve(label)
    if lead is None:
        message = "That is no lead's name. Leads are called II, aVF, V1 or MLII, for example."
        raise RequestError("LEAD_UNKNOWN", message, field=field)
    return lead


def of_parameters(request: open_inference_pb2.ModelInferRequest) -> str:
    """The same of the parameters of a request or of its only input.

    Raises:
        RequestError: it is no string or no lead's name, or stands in both.
    """
    parameters, field = request.inputs[0].parameters, "inputs[0].parameters"
    if "lead" not in parameters:
        parameters, field = request.parameters, "parameters"
        if "lead" not in parameters:
            return ""
    elif "lead" in request.parameters:
        raise RequestError("PARAMETER_UNSUPPORTED", "'lead' stands in request and input.", field="parameters")
    if parameters["lead"].WhichOneof("parameter_choice") != "string_param":
        raise RequestError("PARAMETER_UNSUPPORTED", "The parameter 'lead' has to be a string_param.", field=field)
    return resolved(parameters["lead"].string_param, field)


def job(kind: Kind, model: ServedModel, body: bytes, lead: str) -> Job:
    """What a worker has to do: CLASSIFY or CLASSIFY_PIXELS, whose body is copied only where a lead is named."""
    return Job(_IN_LEAD[kind], model, wire.join([lead.encode(), body])) if lead else Job(kind, model, body)
