"""The signing key of an embedded installation, made on first start and kept on disk."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path


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
