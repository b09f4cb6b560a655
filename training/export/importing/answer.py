"""What an import is asked and what came of it: the files between the importer and the process that does the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

REQUEST: Final = "request.json"
ANSWER: Final = "answer.json"
MODEL: Final = "model.onnx"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an import."""

    classes: int
    parity: float
    pictures: int
    """On which the network and the graph were compared."""
    same: int
    """For how many of them the old program names the same class."""
    input: dict[str, Any]
    """The entry ``input`` of the model file: what the graph takes."""
    format: str
    version: str
    preprocessing: dict[str, Any]
    """See :meth:`training.export.importing.options.Preprocessing.to_json`."""
    old_program: str
    """The old program's steps, for people."""
    notes: list[str]
    """What else people should know."""
    has_maps: bool
