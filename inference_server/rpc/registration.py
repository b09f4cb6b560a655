"""Registers a servicer so that it may answer with bytes: a response that a worker has already serialised."""

from __future__ import annotations

from typing import Any, Final

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from inference_server.rpc.calls import Calls

_HANDLERS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def add(calls: Calls, service: ServiceDescriptor, servicer: object) -> None:
    """Serve every method of ``service`` by the method of that name of ``servicer``."""
    handlers = {method.name: _handler(method, servicer) for method in service.methods}
    calls.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))


def _handler(method: MethodDescriptor, servicer: object) -> grpc.RpcMethodHandler:
    return _HANDLERS[method.client_streaming, method.server_streaming](
        getattr(servicer, method.name),
        request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
        response_serializer=_serialized,
    )


def _serialized(response: Any) -> bytes:
    return response if isinstance(response, bytes) else response.SerializeToString()
