"""The Python client of the inference server: typed answers, deadlines, retries, errors with reasons.

It imports neither onnxruntime nor Pillow, and NumPy only when a recording is analysed. A channel does not survive
``fork()``: make the client in the process that uses it (in a pre-forking web server on first use, not at import).
"""

from inference_server.client.asynchronous import AsyncArrhythmiaClient
from inference_server.client.blocking import ArrhythmiaClient
from inference_server.client.calls import Outcome
from inference_server.client.channel import SERVICE
from inference_server.client.errors import CallFailed, ClientError, ImageRefused, RecordingRefused, ServerUnavailable

__all__ = [
    "SERVICE",
    "ArrhythmiaClient",
    "AsyncArrhythmiaClient",
    "CallFailed",
    "ClientError",
    "ImageRefused",
    "Outcome",
    "RecordingRefused",
    "ServerUnavailable",
]
