"""Environments of processes that tests start."""

from __future__ import annotations

import os


def bare(**settings: str) -> dict[str, str]:
    """Nothing of this process's environment but what counts the lines that the other one runs (``make coverage``)."""
    counting = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return counting | {"PATH": ""} | settings
