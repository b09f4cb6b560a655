"""``python -m launcher``: prepare, start the processes, wait until all are healthy, stop them on Ctrl-C."""

from __future__ import annotations

import argparse
import sys

from launcher import system
from launcher.errors import LaunchError

_ENVIRONMENT = """\
environment:
  PORT              the portal's port (8000)
  GRPC_PORT         the inference server's port (50051)
  INTERNAL_PORT     the port of the portal's health and metrics (9465)
  DEMO              1: fill a demo user
  BEATLENS_VAR_DIR  where all that is written goes (var/)

All ports are of the loopback address. Ctrl-C stops everything, in order.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped. Returns the exit code."""
    argparse.ArgumentParser(
        prog="python -m launcher",
        description="Start the inference server, the portal and its workers, and keep them running.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args(arguments)
    try:
        system.run()
    except LaunchError as error:
        print(f"beatlens: {error}", file=sys.stderr)  # noqa: T201 - a program for a terminal
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
