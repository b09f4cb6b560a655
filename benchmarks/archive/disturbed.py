"""An archive that is disturbed while it is made, and what has to be in it all the same."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import typer

from benchmarks.archive.made import write_broken, write_good
from benchmarks.archive.rows import counted, differing

_END_SECONDS: Final = 3600.0


class Making:
    """The command that makes an archive of ``source`` in ``out``, started as often as it is needed."""

    def __init__(self, source: Path, out: Path, models: Path, *options: str) -> None:
        self._words = ["-m", "archive", str(source), str(out), "--models", str(models), *options]
        self._begun = time.monotonic()

    def start(self, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start the command."""
        output = subprocess.DEVNULL
        return subprocess.Popen([sys.executable, *self._words], env=environment, stdout=output, stderr=output)

    def goes_on(self, program: subprocess.Popen[bytes]) -> bool:
        """Whether the command has not ended yet.

        Raises:
            TimeoutError: it does not end; now it has.
        """
        if program.poll() is None and self.seconds > _END_SECONDS:
            program.kill()
            raise TimeoutError("The archive does not end.")
        return program.poll() is None

    @property
    def seconds(self) -> float:
        """Time since this was made."""
        return time.monotonic() - self._begun


def judge(
    disturb: Callable[[Path, Path], Mapping[str, Any]],
    models: Path,
    *,
    recordings: int,
    broken: int,
    hours: float,
    expected: Mapping[str, int],
) -> None:
    """Have an archive of ``recordings``, of which some are ``broken``, made by ``disturb``; print what is in it.

    ``disturb`` gets the folders of the recordings and of the archive; what it returns is told, too, and has to be as
    ``expected``.

    Raises:
        typer.Exit: a good recording is not in there once, a broken one is not named once, or a beat is another one.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in"), Path(folder, "out")
        good = dict(write_good(source, recordings - broken, hours))
        named = write_broken(source / "broken", broken)
        figures = {**disturb(source, out), **counted(out, good, named), "differing": differing(out, good, models)}
    right = {"good once": len(good), "broken once": broken, "doubled": 0, "differing": 0, **expected}
    as_expected = all(figures[name] == count for name, count in right.items())
    sys.stdout.write(json.dumps({**figures, "good": as_expected}, indent=1) + "\n")
    if not as_expected:
        raise typer.Exit(1)
