"""What was saved of a network to a version that the server serves, held against the network before it is written."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError

from ecg.classes import TrainingClass
from inference_server.models.onnx_model import FORMAT, ModelError, OnnxModel
from training.export import model_file
from training.export.importing import occlusion
from training.export.importing.answer import ANSWER, MODEL, REQUEST, Answer
from training.export.importing.options import ImportRefused, Preprocessing

#: How closely the network and onnxruntime must agree in every probability.
PARITY_TOLERANCE: Final = 1e-5

#: Where the server does the old program's own steps, so many predictions must name its class.
LEAST_AGREEMENT: Final = 0.98

#: An old file tells nothing about its training pictures, so a class is plausible from an even chance on, and only
#: blank paper is out of distribution.
MIN_PROBABILITY: Final = 0.5
MAX_OOD_SCORE: Final = 1.0

#: An import that takes longer is ended.
_MOST_SECONDS: Final = 3_600

#: So much of what the process said is passed on when it ended by itself.
_LAST_WORDS: Final = 2_000

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import produced."""

    model: Path
    bytes: int
    answer: Answer

    @property
    def parity(self) -> float:
        """Largest difference of a probability between the network and onnxruntime."""
        return self.answer.parity

    @property
    def agreement(self) -> float:
        """Share of the pictures of which the old program names the same class, from the file on."""
        return self.answer.same / self.answer.pictures


def import_keras(
    source: Path,
    classes: Sequence[TrainingClass],
    preprocessing: Preprocessing,
    repository: Path,
    *,
    name: str,
    version: str,
    licence: str,
    size: tuple[int, int] | None = None,
    pictures: Path | None = None,
) -> Imported:
    """Write what was saved of a network into a model repository as ``<name>/<version>/{model.onnx,metadata.json}``.

    Args:
        source: an HDF5 or ``.keras`` file, or the folder of a SavedModel.
        preprocessing: what the old program did to pictures.
        size: height and width of the network's input, where it leaves them open.
        pictures: a folder of pictures that the programs are compared on; by default drawn ones.

    Raises:
        ImportRefused: it can't be used, does not fit what was said of it, or the server would answer otherwise;
            nothing is written.
    """
    folder = _target(repository, name, version)
    request = {
        "source": str(source.resolve()),
        "classes": len(classes),
        "preprocessing": preprocessing.to_json(),
        "size": size,
        "pictures": str(pictures.resolve()) if pictures else None,
    }
    model, answer = _in_its_own_process(request)
    if not answer.parity <= PARITY_TOLERANCE:
        raise ImportRefused(
            f"The network and onnxruntime differ by {answer.parity:.1e}; at most {PARITY_TOLERANCE:.0e} is allowed."
        )
    if "resample" in answer.input and answer.same < LEAST_AGREEMENT * answer.pictures:
        raise ImportRefused(
            f"The old program names the same class for {answer.same} of {answer.pictures} pictures only."
        )
    if not answer.has_maps:
        occlusion.add_maps(model, answer.classes, occlusion.grid_of(_seconds(model, answer)))
    digest = _digest(source)
    path = model_file.write(model, _metadata(answer, classes, name, licence, digest), _facts(answer, digest), folder)
    try:
        OnnxModel.load(folder)
    except ModelError as error:
        shutil.rmtree(folder)
        raise ImportRefused(f"The inference server refuses what came out: {error}") from error
    return Imported(path, path.stat().st_size, answer)


def _target(repository: Path, name: str, version: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ImportRefused(f"{name!r} can't be a model's name: lower-case letters, digits, dots and hyphens can.")
    if not _VERSION.fullmatch(version):
        raise ImportRefused(f"Version {version!r} is not a positive whole number.")
    folder = repository / name / version
    if folder.exists():
        raise ImportRefused(f"{folder} exists already; a version is never overwritten.")
    return folder


def _in_its_own_process(request: dict[str, Any]) -> tuple[onnx.ModelProto, Answer]:
    """See :mod:`training.export.importing.process`."""
    with tempfile.TemporaryDirectory(prefix="beatlens-import-") as place:
        folder = Path(place)
        (folder / REQUEST).write_text(json.dumps(request))
        command = [sys.executable, "-m", "training.export.importing.process", place]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_MOST_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ImportRefused(f"The import took longer than {_MOST_SECONDS // 60} minutes and was ended.") from error
        try:
            answer = json.loads((folder / ANSWER).read_text())
        except (OSError, ValueError) as error:
            raise ImportRefused(
                f"The process that read the model ended by itself ({_how(ended.returncode)}). Its last words:"
                f" {ended.stderr[-_LAST_WORDS:].strip()}"
            ) from error
        if "refused" in answer:
            raise ImportRefused(answer["refused"])
        try:
            return onnx.ModelProto.FromString((folder / MODEL).read_bytes()), Answer(**answer)
        except (OSError, DecodeError, TypeError) as error:
            raise ImportRefused("The process that read the model gave no usable answer.") from error


def _how(code: int) -> str:
    return f"signal {-code}: perhaps more memory or time than an import needs" if code < 0 else f"exit code {code}"


def _seconds(model: onnx.ModelProto, answer: Answer) -> float:
    """What the network takes for one picture on one thread; the shortest of three."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    pixels = np.full((1, *(answer.input[side] for side in ("height", "width", "channels"))), 255, dtype=np.uint8)
    durations = []
    for _ in range(3):
        begun = time.perf_counter()
        session.run(["probabilities"], {"pixels": pixels})
        durations.append(time.perf_counter() - begun)
    return min(durations)


def _digest(source: Path) -> str:
    """SHA-256 of a file, or of all files in a folder and their names, hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(file for file in source.rglob("*") if file.is_file()) if source.is_dir() else [source]:
        if source.is_dir():
            digest.update(f"{path.relative_to(source).as_posix()}\0".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest() if source.is_dir() else file.read())
    return digest.hexdigest()


def _metadata(
    answer: Answer, classes: Sequence[TrainingClass], name: str, licence: str, digest: str
) -> dict[str, object]:
    return {
        "format": FORMAT,
        "name": name,
        "classes": [{"short": beat_class.short, "name": beat_class.name} for beat_class in classes],
        "input": answer.input,
        "decision": {
            "min_probability": {beat_class.short: MIN_PROBABILITY for beat_class in classes},
            "max_distance": MAX_OOD_SCORE,
        },
        "training_run": f"imported, {answer.format} {digest[:12]}",
        "data_digest": "not known",
        "scores": {},
        "licence": licence,
    }


def _facts(answer: Answer, digest: str) -> dict[str, object]:
    return {
        "imported_from_sha256": digest,
        **answer.preprocessing,
        "old_program": answer.old_program,
        "notes": answer.notes,
        "parity": {"max_probability_difference": answer.parity, "pictures": answer.pictures},
        "agreement": {"same_class": answer.same, "pictures": answer.pictures},
    }
