"""Where the server listens."""

from __future__ import annotations


class AddressUnavailable(Exception):  # noqa: N818 - reads as what happened
    """The server can't listen where it was told to; ``str(error)`` says where."""
