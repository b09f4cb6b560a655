"""What is done of a long table, on the disk as it is done: a stopped run continues where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training import TrainingError

Values = Mapping[str, Any]


class OtherTableError(TrainingError):
    """The file holds another table's figures, or is none of these files."""


class Finished:
    """Values by name, in a file of JSON lines that only grows; in memory alone without a file."""

    def __init__(self, path: Path | None, settings: Values) -> None:
        """Read what is done.

        Args:
            path: The file; made where there is none.
            settings: What all of the table's figures depend on: the file's first line.

        Raises:
            OtherTableError: the file says other settings.
            OSError: it can't be read or written to.
        """
        self._path = path
        self._values: dict[str, Values] = {}
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]
        if len(whole) < len(lines):  # it was stopped while it wrote
            path.write_bytes(b"".join(whole))
        if not whole:
            self._append(settings)
            return
        try:
            first, *others = (json.loads(line) for line in whole)
            self._values = {str(name): values for name, values in others}
        except ValueError as error:
            raise OtherTableError(f"{path} can't be continued: it is no file of finished figures.") from error
        if first != json.loads(json.dumps(settings)):
            raise OtherTableError(f"{path} holds figures of other settings ({first}); name another file.")

    def of(self, name: str, make: Callable[[], Values]) -> Values:
        """The values of a name: those that are there, else what ``make`` says, which is stored.

        Raises:
            OSError: they can't be stored.
        """
        if name not in self._values:
            self._values[name] = make()
            self._append([name, self._values[name]])
        return self._values[name]

    def _append(self, line: object) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
