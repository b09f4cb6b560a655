"""What is said about a file that can't be imported."""

from __future__ import annotations

from training import TrainingError


class KerasFileError(TrainingError):
    """The file can't be imported; the message says which part of it and why."""
