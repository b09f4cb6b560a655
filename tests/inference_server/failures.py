"""Every kind of failure that callers of the server may learn of."""

from __future__ import annotations

import inference_server.rpc.server  # noqa: F401 - whatever the front raises is loaded with it
from inference_server.runtime.failures import Failure


def kinds_of_failure() -> list[type[Failure]]:
    """Those that the server raises, by their names; without the ones that tests make."""
    kinds: set[type[Failure]] = set()
    unseen = [Failure]
    while unseen:
        below = unseen.pop().__subclasses__()
        unseen += below
        kinds.update(kind for kind in below if kind.__module__.startswith("inference_server."))
    return sorted(kinds, key=lambda kind: kind.__name__)
