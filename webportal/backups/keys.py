"""The secret key: second factors are encrypted under it, so that a backup is worth little without."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.utils.encoding import force_bytes


def fingerprint(key: str | bytes) -> str:
    """What tells one key from another and gives nothing of it away: it is made of random bytes and can't be guessed."""
    return hashlib.blake2b(force_bytes(key), digest_size=8, person=b"beatlens-backup").hexdigest()


def fingerprints() -> list[str]:
    """Of the key in use, and of the earlier ones that are still believed."""
    return [fingerprint(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def key_file() -> Path | None:
    """Where the installation keeps its key; ``None`` when it comes from the environment."""
    path: Path | None = settings.SECRET_KEY_FILE
    return path
