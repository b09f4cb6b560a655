"""The signing key of an embedded installation, made on first start and stored on disk."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX, SECRET_KEY_MIN_LENGTH
from django.core.exceptions import ImproperlyConfigured

#: Fifty random hexadecimal digits have fewer once in two hundred million times.
_DIFFERENT_CHARACTERS: Final = 10
#: What is said over and over must be this long, characters.
_SHORTEST_PERIOD: Final = 32


def load_or_create(path: Path) -> str:
    """The key stored in ``path``; on first use a new random one, readable by its owner only.

    Safe when several processes start at once: all of them end up with the same key.

    Raises:
        OSError: the file can't be read or written.
        ValueError: the file is there but holds no usable key.
    """
    if not path.exists():
        _create(path)
    key = path.read_text(encoding="ascii").strip()
    if len(key) < 50:
        raise ValueError(f"{path} holds no usable key; remove it to have a new one made (everyone is logged out).")
    return key


def strong(key: str) -> str:
    """``key``, when nobody will guess it.

    Raises:
        ImproperlyConfigured: it is too short, says the same over and over, or is Django's example.
    """
    period = (key + key).find(key, 1)
    if (
        len(key) < SECRET_KEY_MIN_LENGTH
        or len(set(key)) < _DIFFERENT_CHARACTERS
        or period < _SHORTEST_PERIOD
        or key.startswith(SECRET_KEY_INSECURE_PREFIX)
    ):
        raise ImproperlyConfigured(
            "BEATLENS_SECRET_KEY is too weak: whoever guesses it can log in as anybody. Choose 50 random characters or "
            'more: python -c "import secrets; print(secrets.token_urlsafe(64))"'
        )
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A finished file is linked into place: nobody ever reads a half-written key, and the first writer wins.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret_key")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
        try:
            os.link(name, path)
        except FileExistsError:
            return
    finally:
        os.unlink(name)
