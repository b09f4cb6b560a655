"""The lead that a beat was recorded in, as a caller may name it."""

from __future__ import annotations

from typing import Final

from ecg import leads
from inference_server.generated.inference import open_inference_pb2
from inference_server.rpc.errors import RequestError
from inference_server.workers import wire
from inference_server.workers.pool import Job, ServedModel
from inference_server.workers.wire import Kind

#: The parameter of the Open Inference Protocol that names it.
PARAMETER: Final = "lead"

#: What a worker is asked with a lead in place of the same without one.
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
    """The canonical name of the lead in a request's parameters, or in those of its only input; empty without one.

    Raises:
        RequestError: it is no string or no lead's name, or stands in both.
    """
    tensor = request.inputs[0]
    there = PARAMETER in request.parameters
    if PARAMETER in tensor.parameters:
        if there:
            raise _unsupported("The parameter 'lead' is either the request's or the input's.", "parameters")
        parameter, field = tensor.parameters[PARAMETER], f"inputs[{tensor.name}].parameters"
    elif there:
        parameter, field = request.parameters[PARAMETER], "parameters"
    else:
        return ""
    if parameter.WhichOneof("parameter_choice") != "string_param":
        raise _unsupported("The parameter 'lead' has to be a string_param: a lead's name.", field)
    return resolved(parameter.string_param, field)


def job(kind: Kind, model: ServedModel, body: bytes, lead: str) -> Job:
    """What a worker has to do: CLASSIFY or CLASSIFY_PIXELS, whose body is copied only where a lead is named."""
    return Job(_IN_LEAD[kind], model, wire.join([lead.encode(), body])) if lead else Job(kind, model, body)


def _unsupported(message: str, field: str) -> RequestError:
    return RequestError("PARAMETER_UNSUPPORTED", message, field=field)
