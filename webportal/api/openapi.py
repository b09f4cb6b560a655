"""The OpenAPI document, beyond what the framework reads off the calls: files, problems, keys, scopes."""

from __future__ import annotations

from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema, get_schema
from ninja.operation import Operation

from webportal import problems
from webportal.api import idempotency
from webportal.api.authentication import AccessTokenAuth
from webportal.api.schemas.account import ProblemOut

#: What any call may be answered.
_ALWAYS: Final = {
    "401": "There is no token, or it is not (any more) valid.",
    "403": "The token lacks the scope.",
    "422": "The call, or what was sent with it, has a fault.",
    "429": "Too much within a short time; Retry-After says when to come back.",
    "500": "Something unexpected; error_id stands in the log.",
    "503": "Busy; Retry-After says when to come back.",
}
_NOT_FOUND: Final = "There is none, or it is not for this account."
_CONFLICT: Final = "It can't be done as things stand: a full account, no answer yet, not in the trash."
_FULL: Final = "The disk is full."


def answers_with(*media_types: str) -> dict[str, Any]:
    """For a call that is answered with a file."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {"responses": {200: {"description": "The file.", "content": dict.fromkeys(media_types, binary)}}}


def document(api: NinjaAPI, path_prefix: str) -> OpenAPISchema:
    """The whole document."""
    schema = get_schema(api=api, path_prefix=path_prefix)
    schema["components"]["schemas"].update(_problem_schemas())
    operations = {name: operation for operation, name in _operations(api)}
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            _complete(path, method, described, operations[described["operationId"]])
    return schema


def _operations(api: NinjaAPI) -> list[tuple[Operation, str]]:
    return [
        (operation, api.get_openapi_operation_id(operation))
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
        if operation.include_in_schema
    ]


def _complete(path: str, method: str, described: dict[str, Any], operation: Operation) -> None:
    explained = dict(_ALWAYS)
    if "{" in path or path.endswith(("/to-review", "/shared")):
        explained["404"] = _NOT_FOUND
    if method != "get":
        explained["409"] = _CONFLICT
    if method == "post":
        explained["507"] = _FULL
        described["parameters"].append(_key())
    responses = {str(status): answer for status, answer in described["responses"].items()}
    for status, text in explained.items():
        responses[status] = {"description": text, "content": {problems.MEDIA_TYPE: {"schema": _ref("ProblemOut")}}}
    described["responses"] = dict(sorted(responses.items()))
    described["summary"] = operation.summary
    scopes = [auth.scope.value for auth in operation.auth_callbacks if isinstance(auth, AccessTokenAuth)]
    described["security"] = [{AccessTokenAuth.__name__: scopes}]


def _key() -> dict[str, Any]:
    return {
        "in": "header",
        "name": idempotency.HEADER,
        "required": False,
        "schema": {"type": "string", "maxLength": idempotency.LONGEST},
        "description": "Any text of one's own, e.g. a UUID: with the same one the call is made once.",
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "ProblemOut": schema}
