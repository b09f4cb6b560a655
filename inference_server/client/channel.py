"""How the client's channels behave: whom they call in turn, what is repeated, how much they hold."""

from __future__ import annotations

import json
from typing import Final

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import digitization_pb2

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name
_DIGITIZATION: Final = digitization_pb2.DESCRIPTOR.services_by_name["DigitizationService"].full_name

#: Only UNAVAILABLE is repeated: the server has not begun the work, or was lost with it, and asking twice changes
#: nothing. gRPC randomises each pause by ±20 %, counts it against the call's deadline, and stops repeating when most
#: calls fail (retryThrottling).
_SERVICE_CONFIG: Final = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": SERVICE}, {"service": _DIGITIZATION}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.5},
    }
)

CHANNEL_OPTIONS: Final = (
    ("grpc.service_config", _SERVICE_CONFIG),
    # A call whose request is larger than this buffer would never be repeated; the default is smaller than a photo.
    ("grpc.per_rpc_retry_buffer_size", 16 * 1024 * 1024),
    # A restarted server is found again within seconds; the default backs off to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # A server that is cut off without a word: what it has not acknowledged for this long (TCP) ends the connection, and
    # its calls are repeated elsewhere. Without data the connection is asked for a sign of life now and then.
    ("grpc.keepalive_timeout_ms", 1_500),
    ("grpc.keepalive_time_ms", 20_000),
    # Each client has a connection of its own: clients that share one would all meet on one front of the server.
    ("grpc.use_local_subchannel_pool", 1),
    # The server is a neighbour; a web proxy from the environment has no business in between.
    ("grpc.enable_http_proxy", 0),
)
