"""What the front's work hangs on: its event loop, and how gRPC hears of what its sockets have.

More than half of what a call costs the front are hops between threads and into the kernel
(``python -m benchmarks.serving``).
"""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import Any, Final

import uvloop

#: gRPC's event engine has threads of its own look after sockets, and each thing that comes goes through two of them
#: before it is ours. Without it, the thread that waits for what is ours looks after the sockets as well.
_POLLING: Final = "-event_engine_listener,-event_engine_client,-event_engine_poller_for_python"


def choose_polling() -> None:
    """Have gRPC poll in the way that costs a server the least, unless the environment says how.

    This process and those that it starts; before any of them imports grpc.
    """
    os.environ.setdefault("GRPC_EXPERIMENTS", _POLLING)


def run(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server to its end."""
    uvloop.run(serving)
