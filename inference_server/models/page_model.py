"""A version of the model for pages: one ONNX file that says of every pixel what it shows.

Metadata of the format ``beatlens-page/1``: ``name``, ``classes`` (in the order of the output's last axis),
``pixels_per_mm`` (least and greatest scale that it was trained on), ``step`` (sides are multiples of it),
``training_run``, ``data_digest``, ``scores``, ``licence``. The input is ``pixels``, ``uint8 [1, h, w, 3]``, the output
``probabilities``, ``float32 [1, h, w, classes]``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from inference_server.models.model_files import MODEL_FILE, ModelError, ModelFiles, ReadFromFiles
from inference_server.models.onnx_session import first_line, open_session, read_metadata

_log = logging.getLogger(__name__)

FORMAT: Final = "beatlens-page/1"
CLASSES: Final = ("paper", "trace", "grid", "mark")
"""What a pixel shows; ``mark`` is any other ink: text, calibration pulses, separators of leads, handwriting."""
_TRACE, _MARK = CLASSES.index("trace"), CLASSES.index("mark")

_JSON_VALUES: Final = ("classes", "pixels_per_mm", "step", "scores")

#: Pictures are looked at in tiles of at most so many pixels a side, so that memory doesn't grow with them.
_TILE: Final = 1024
#: So many pixels around a tile are seen with it: more than convolutions of full resolution reach.
_MARGIN: Final = 64


class _Metadata(BaseModel):
    """``metadata_props`` of the ONNX file, its JSON values decoded."""

    model_config = ConfigDict(extra="ignore")

    format: str
    name: str
    classes: list[str]
    pixels_per_mm: tuple[float, float]
    step: int = Field(ge=1, le=256)
    training_run: str
    data_digest: str
    scores: dict[str, float]
    licence: str


class PageModel(ReadFromFiles):
    """One version in memory. Thread-safe."""

    def __init__(self, metadata: _Metadata, files: ModelFiles, session: onnxruntime.InferenceSession) -> None:
        self.name = metadata.name
        self.version = files.version
        self.digest = files.digest
        self.licence = metadata.licence
        self.scores = metadata.scores
        self.pixels_per_mm = metadata.pixels_per_mm
        """Least and greatest scale of pages that it knows."""
        self._step = metadata.step
        self._session = session

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """See :meth:`ReadFromFiles.from_files`."""
        session = open_session(files.content, unpacked=True)
        metadata = read_metadata(session, _Metadata, expected=FORMAT, json_values=_JSON_VALUES)
        if tuple(metadata.classes) != CLASSES:
            raise ModelError(f"{MODEL_FILE}: metadata classes are {metadata.classes}; they must be {list(CLASSES)}.")
        _check_tensors(session)
        model = cls(metadata, files, session)
        model._warm_up()
        return model

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What each pixel of a picture ``[h, w, 3]`` shows, ``[h, w, 4]`` in the order of :data:`CLASSES`."""
        result = np.empty((*pixels.shape[:2], len(CLASSES)), np.float32)
        for tile, seen in self._tiles(pixels):
            result[tile] = seen
        return result

    def ink(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely each pixel of a picture ``[h, w, 3]`` is a trace's or other ink's, ``[h, w]``."""
        result = np.empty(pixels.shape[:2], np.float32)
        for tile, seen in self._tiles(pixels):
            result[tile] = seen[..., _TRACE] + seen[..., _MARK]
        return result

    def _tiles(self, pixels: NDArray[np.uint8]) -> Iterator[tuple[tuple[slice, slice], NDArray[np.float32]]]:
        """Parts of a picture, and what their pixels show."""
        height, width = pixels.shape[:2]
        for top, bottom in pairwise(_cuts(height)):
            for left, right in pairwise(_cuts(width)):
                y, x = max(0, top - _MARGIN), max(0, left - _MARGIN)
                seen = self._run(pixels[y : bottom + _MARGIN, x : right + _MARGIN])
                yield (slice(top, bottom), slice(left, right)), seen[top - y : bottom - y, left - x : right - x]

    def _run(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = pixels.shape[:2]
        padded = np.pad(pixels, [(0, -height % self._step), (0, -width % self._step), (0, 0)], mode="edge")
        (probabilities,) = self._session.run(["probabilities"], {"pixels": padded[None]})
        return np.asarray(probabilities[0, :height, :width], np.float32)

    def _warm_up(self) -> None:
        """Run once on white paper, and check what comes out."""
        try:
            probabilities = self._run(np.full((self._step, 2 * self._step, 3), 255, np.uint8))
        except Exception as error:
            raise ModelError(f"{MODEL_FILE} does not run: {first_line(error)}") from error
        if probabilities.shape != (self._step, 2 * self._step, len(CLASSES)):
            raise ModelError(f"{MODEL_FILE} answers with shape {probabilities.shape}.")
        if not np.isfinite(probabilities).all() or abs(probabilities.sum(axis=-1) - 1).max() > 1e-3:
            raise ModelError(f"{MODEL_FILE} answers with probabilities that do not add up to 1.")


def newest(folder: Path) -> PageModel | None:
    """The newest usable version in ``folder``, which has one for each; None where there is none, as pages are read
    without one, too.
    """
    versions = [path for path in folder.glob("[1-9]*") if path.name.isdecimal() and path.is_dir()]
    for version in sorted(versions, key=lambda path: -int(path.name)):
        try:
            return PageModel.load(version)
        except ModelError as error:
            _log.error("model refused", extra={"model": folder.name, "version": version.name, "why": str(error)})
    return None


def _cuts(length: int) -> list[int]:
    """Where tiles begin and end."""
    return [*range(0, length, _TILE), length]


def _check_tensors(session: onnxruntime.InferenceSession) -> None:
    inputs = {value.name: value for value in session.get_inputs()}
    if set(inputs) != {"pixels"} or inputs["pixels"].type != "tensor(uint8)" or len(inputs["pixels"].shape) != 4:
        raise ModelError(f"{MODEL_FILE} must take pixels (uint8, 4 axes); it takes {sorted(inputs)}.")
    outputs = {value.name for value in session.get_outputs() if value.type == "tensor(float)"}
    if "probabilities" not in outputs:
        raise ModelError(f"{MODEL_FILE} lacks outputs: probabilities (float32).")
