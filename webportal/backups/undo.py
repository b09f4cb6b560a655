"""Steps that can be taken back, the last one first, when a later one fails."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self


class Undo:
    """Takes back at the end of the block what was done in it, unless :meth:`keep` was called."""

    def __init__(self) -> None:
        self.aside: list[Path] = []
        """Folders with what was moved aside."""
        self._folder_name = f".before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self._steps = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._steps.close()

    def then(self, step: Callable[[], object]) -> None:
        """Remember what takes back the step that was just made."""
        self._steps.callback(step)

    def move_aside(self, path: Path) -> None:
        """Move what is there into a folder beside it."""
        folder = path.parent / self._folder_name
        if folder not in self.aside:
            folder.mkdir(mode=0o700)
            self.aside.append(folder)
            self.then(folder.rmdir)
        moved = folder / path.name
        path.rename(moved)
        self.then(lambda: moved.rename(path))

    def move(self, source: Path, target: Path) -> None:
        """Move something new to where nothing is."""
        source.rename(target)
        self.then(lambda: shutil.rmtree(target) if target.is_dir() else target.unlink())

    def keep(self, *, aside: bool) -> None:
        """Take nothing back; what was moved aside is kept, or nothing worth keeping."""
        self._steps.pop_all()
        if not aside:
            for folder in self.aside:
                shutil.rmtree(folder)
            self.aside.clear()
