"""The portal's one way to the inference server: a client per process, made on first use."""

from __future__ import annotations

import os
import threading

from django.conf import settings
from django.core.cache import cache
from inference_server.classification import BeatClass
from inference_server.client import ArrhythmiaClient, ClientError

_lock = threading.Lock()
_client: ArrhythmiaClient | None = None
_made_for: tuple[int, str] | None = None

_CLASSES_KEY = "inference:classes"


def client() -> ArrhythmiaClient:
    """The client of this process. gRPC channels don't survive a fork, so a child process makes its own."""
    global _client, _made_for
    wanted = (os.getpid(), settings.INFERENCE_ADDRESS)
    with _lock:
        if _client is None or _made_for != wanted:
            _client = ArrhythmiaClient(settings.INFERENCE_ADDRESS)
            _made_for = wanted
        return _client


def served_classes() -> tuple[BeatClass, ...]:
    """The classes of the model in service, in its order; empty while the server can't be asked.

    Remembered for a minute (ten seconds when there was no answer), so that a page costs no call.
    """
    classes: tuple[BeatClass, ...] | None = cache.get(_CLASSES_KEY)
    if classes is None:
        try:
            classes = client().get_model(timeout=1.0).classes
        except ClientError:
            classes = ()
        cache.set(_CLASSES_KEY, classes, 60 if classes else 10)
    return classes
