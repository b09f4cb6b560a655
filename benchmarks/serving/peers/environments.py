"""Virtual environments of peers, made from PyPI once and kept in a folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

_INSTALL_SECONDS: Final = 900
_HERE: Final = Path(__file__).parent
_DONE: Final = "installed"


class PeerUnavailable(Exception):  # noqa: N818 - reads as what happened
    """A peer can't be installed; ``str(error)`` says why."""


def python_of(peer: str, folder: Path) -> Path:
    """The Python of a peer (``kserve``, ``mlserver``), which has what ``<peer>.txt`` beside this file names.

    Made in ``folder`` the first time, and again when that file has changed.

    Raises:
        PeerUnavailable: pip can't install it.
    """
    requirements = _HERE / f"{peer}.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = folder / f"{peer}-{digest}"
    python = home / "bin" / "python"
    if not (home / _DONE).exists():
        venv.create(home, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", str(requirements)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
        except subprocess.CalledProcessError as error:
            raise PeerUnavailable(f"{peer} can't be installed: {error.stderr[-2000:]}") from error
        except subprocess.TimeoutExpired as error:
            raise PeerUnavailable(f"{peer} can't be installed within {_INSTALL_SECONDS} s.") from error
        (home / _DONE).touch()
    return python
