"""What the launcher says to the person at the terminal."""

from __future__ import annotations


class LaunchError(Exception):
    """The system can't start; the message is for the person at the terminal."""
