"""The portal's one way to the inference server: a client per process, made on first use."""

from __future__ import annotations

import os
import threading

import grpc
from django.conf import settings
from django.core.cache import cache
from inference_server.classification import BeatClass, ModelInfo
from inference_server.client import ArrhythmiaClient, ClientError

from webportal.observability import metrics

_lock = threading.Lock()
_client: ArrhythmiaClient | None = None
_made_for: tuple[int, str, str, bytes | None] | None = None

#: Remembered in place of a description that could not be had.
_NOTHING = "nothing"


def client() -> ArrhythmiaClient:
    """The client of this process. gRPC channels don't survive a fork, so a child process makes its own."""
    global _client, _made_for
    ca = settings.INFERENCE_CA
    wanted = (os.getpid(), settings.INFERENCE_ADDRESS, settings.INFERENCE_TOKEN, ca)
    with _lock:
        if _client is None or _made_for != wanted:
            _client = ArrhythmiaClient(
                settings.INFERENCE_ADDRESS,
                token=settings.INFERENCE_TOKEN or None,
                credentials=grpc.ssl_channel_credentials(ca) if ca else None,
            )
            _made_for = wanted
        return _client


def served_classes() -> tuple[BeatClass, ...]:
    """The classes of the model in service, in its order; empty while the server can't be asked."""
    model = described()
    return model.classes if model else ()


def described(version: str = "", name: str = "") -> ModelInfo | None:
    """What the server says about a model version (default: the one in service) of the model for pictures, or of the one
    called ``name``; ``None`` while it can't say.

    Remembered for a minute (ten seconds when there was no answer), so that a page costs no call.
    """
    key = f"inference:model:{name}:{version}"
    model: ModelInfo | str | None = cache.get(key)
    if model is None:
        try:
            with metrics.call("get_model"):
                model = client().get_model(version=version or None, name=name or None, timeout=1.0)
        except ClientError:
            model = _NOTHING
        cache.set(key, model, 10 if model == _NOTHING else 60)
    return model if isinstance(model, ModelInfo) else None
