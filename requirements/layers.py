"""Locks without repetition: what one lock has from another it names, ``-r server.lock``, instead of writing it again.

``make lock`` flattens all (so that uv finds the versions that were chosen before), has uv write them, and layers them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]

#: What two locks have in common, made when they are layered. No place installs these alone.
COMMON: Final = {
    "requirements/shared.lock": ("requirements/server.lock", "requirements/portal.lock"),
    "requirements/science.lock": ("requirements/training.lock", "requirements/watsonx.lock"),
}
#: What each lock builds upon. Lower ones come first.
BASES: Final = {
    "requirements/shared.lock": [],
    "requirements/server.lock": ["requirements/shared.lock"],
    "requirements/portal.lock": ["requirements/shared.lock"],
    "requirements/archive.lock": ["requirements/server.lock"],
    "requirements/serving.lock": ["requirements/server.lock"],
    "requirements/tracing.lock": ["requirements/server.lock"],
    "requirements/science.lock": ["requirements/server.lock"],
    "requirements/training.lock": ["requirements/science.lock"],
    "requirements/watsonx.lock": ["requirements/science.lock"],
    "requirements.lock": ["requirements/training.lock", "requirements/portal.lock", "requirements/archive.lock"],
}
_PIN: Final = re.compile(
    r"^(?P<name>[a-z0-9-]+)==\S+(?P<where> ; [^\\\n]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE
)
_BASE: Final = re.compile(r"^-r (?P<path>\S+)\n", re.MULTILINE)


def flat(lock: str, root: Path = _ROOT) -> dict[str, str]:
    """Pins with their digests by package and where they hold, also of the locks that ``lock`` builds upon."""
    text = (root / lock).read_text(encoding="utf-8")
    pins = {}
    for base in _BASE.finditer(text):
        pins.update(flat(str((root / lock).parent.joinpath(base["path"]).relative_to(root)), root))
    return pins | {pin["name"] + (pin["where"] or ""): pin[0] for pin in _PIN.finditer(text)}


def flatten(root: Path = _ROOT) -> None:
    """Write every lock whole."""
    whole = {lock: flat(lock, root) for lock in BASES if lock not in COMMON}
    for lock, pins in whole.items():
        (root / lock).write_text("".join(pins[name] for name in sorted(pins)), encoding="utf-8")
    for common in COMMON:
        (root / common).unlink(missing_ok=True)


def layer(root: Path = _ROOT) -> None:
    """Leave out of every lock what the locks have that it builds upon, and name these.

    Raises:
        ValueError: a lock lacks what one has that it builds upon, or has it otherwise.
    """
    for common, (first, second) in COMMON.items():
        theirs = flat(second, root)
        pins = [pin for name, pin in flat(first, root).items() if theirs.get(name) == pin]
        (root / common).write_text("".join(pins), encoding="utf-8")
    for lock, bases in reversed(BASES.items()):
        whole = own = flat(lock, root)
        names = []
        for base in bases:
            below = flat(base, root)
            if different := sorted(name for name, pin in below.items() if whole.get(name) != pin):
                raise ValueError(f"{lock} differs from {base} in {', '.join(different)}.")
            own = {name: pin for name, pin in own.items() if name not in below}
            names.append(f"-r {(root / base).relative_to((root / lock).parent)}\n")
        (root / lock).write_text("".join([*names, *own.values()]), encoding="utf-8")


if __name__ == "__main__":
    {"flatten": flatten, "layer": layer}[sys.argv[1]]()
