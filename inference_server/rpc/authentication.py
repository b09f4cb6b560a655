"""Who calls, and whether they may: bearer tokens in the ``authorization`` metadata."""

from __future__ import annotations

from typing import Final

import grpc.aio

from inference_server.runtime.tokens import NotAllowed, NotAuthenticated, RateExceeded, Scope, TokenStore

#: Probes have no token, and learn nothing but whether the service is up.
_OPEN: Final = (
    "/grpc.health.v1.Health/",
    "/inference.GRPCInferenceService/ServerLive",
    "/inference.GRPCInferenceService/ServerReady",
)
_WRITING: Final = (
    "/inference.GRPCInferenceService/RepositoryModelLoad",
    "/inference.GRPCInferenceService/RepositoryModelUnload",
)
_SCHEME: Final = "bearer "


def without_tokens(method: str, context: grpc.aio.ServicerContext) -> None:  # noqa: ARG001 - as Authentication.check
    """Let anybody call, but not decide what is served: that takes a token, and this server knows none.

    Raises:
        NotAllowed: the call would load or unload a model.
    """
    if method in _WRITING:
        raise NotAllowed(
            f"Models are loaded and unloaded by callers with a token of the scope {Scope.MODELS_WRITE.value!r}, "
            "and this server has no tokens set (BEATLENS_TOKENS)."
        )


class Authentication:
    """Lets in calls with a token of the right scope, at the token's rate; health checks need none."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    def check(self, method: str, context: grpc.aio.ServicerContext) -> None:
        """Let the call pass if its token allows it.

        Raises:
            NotAuthenticated, NotAllowed, RateExceeded: it does not.
        """
        if method.startswith(_OPEN):
            return
        header = next((value for key, value in context.invocation_metadata() or () if key == "authorization"), "")
        if not isinstance(header, str) or header[: len(_SCHEME)].lower() != _SCHEME:
            raise NotAuthenticated("This server wants a token: send 'authorization: Bearer TOKEN'.")
        token = self._store.find(header[len(_SCHEME) :].strip())
        if token is None:
            raise NotAuthenticated("The token is not known here.")
        scope = Scope.MODELS_WRITE if method in _WRITING else Scope.CLASSIFY
        if scope not in token.scopes:
            raise NotAllowed(f"The token does not have the scope {scope.value!r}.")
        wait = self._store.wait(token)
        if wait:
            raise RateExceeded(wait)
