"""Certificates that the environment names."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def pem(env: Env, name: str) -> bytes | None:
    """The file that the variable ``name`` names, read once at the start; ``None`` where it names none.

    Raises:
        ImproperlyConfigured: it can't be read.
    """
    path = env.str(name, default="")
    if not path:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: {path} can't be read: {error.strerror}.") from error
