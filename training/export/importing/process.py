"""One import, in a process of its own, which the importer alone starts.

``python -m training.export.importing.process FOLDER``

A stranger's file is read by large libraries in C, and a SavedModel is a program. So both happen here, with bounds on
memory, processor time and the size of files, in a process that may die: the importer keeps nothing but the ONNX graph
and what is written beside it. ``FOLDER/request.json`` says what to do; the answer is ``FOLDER/answer.json`` and
``FOLDER/model.onnx``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from training.export.importing.answer import ANSWER, MODEL, REQUEST

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

#: Bounds of the process.
_MOST_MEMORY_BYTES: Final = 8 * 1024**3
_MOST_PROCESSOR_SECONDS: Final = 3_600
_MOST_FILE_BYTES: Final = 2 * 1024**3


def bound() -> None:
    """Keep this process from taking more than an import needs."""
    for kind, most in (
        (resource.RLIMIT_DATA, _MOST_MEMORY_BYTES),
        (resource.RLIMIT_CPU, _MOST_PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, _MOST_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def work(folder: Path) -> None:
    """Answer the request in ``folder``."""
    from training.export.importing.options import ImportRefused
    from training.export.keras_files.errors import KerasFileError

    request = json.loads((folder / REQUEST).read_text())
    try:
        answer = _imported(request, folder / MODEL)
    except (ImportRefused, KerasFileError) as error:
        answer = {"refused": str(error)}
    (folder / ANSWER).write_text(json.dumps(answer))


def _imported(request: dict[str, Any], out: Path) -> dict[str, Any]:
    from training.export.importing.networks import imported

    return imported(request, out)


if __name__ == "__main__":
    bound()
    work(Path(sys.argv[1]))
