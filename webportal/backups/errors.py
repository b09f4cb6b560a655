"""Why a backup or a restoration could not be made."""

from __future__ import annotations


class BackupError(Exception):
    """It could not be made; nothing was changed. The message is for the person at the terminal."""
