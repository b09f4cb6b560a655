"""Names of files, as people gave them and other systems may not like them."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath

#: Longest name that is stored, characters.
LONGEST = 255


def tidy(name: str) -> str:
    """The last part of a path, without control characters, cut in its middle where it is too long."""
    flat = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    text = "".join(" " if unicodedata.category(character).startswith("C") else character for character in flat)
    text = " ".join(text.split())
    if len(text) > LONGEST:
        ending = PurePath(text).suffix[:16]
        text = text[: LONGEST - len(ending) - 1] + "…" + ending
    return text
