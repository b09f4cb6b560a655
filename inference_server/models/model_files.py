"""The files of one model version on disk, read and checked against their digest; what is in them is not looked at."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MODEL_FILE: Final = "model.onnx"
METADATA_FILE: Final = "metadata.json"

#: Bounds on what is read from the repository. A model of ours has 1.5 MB; these keep an accident from filling memory.
MAX_MODEL_BYTES: Final = 512 * 1024 * 1024
MAX_METADATA_BYTES: Final = 4 * 1024 * 1024


class ModelError(Exception):
    """A model version that can't be served; ``str(error)`` says what is wrong with it."""


class LoadInterrupted(ModelError):  # noqa: N818 - reads as what happened
    """Loading a version was broken off: its worker ended, or it took too long. The files may be at fault, or not."""


class _Sidecar(BaseModel):
    """What the server needs of ``metadata.json``; the rest of it is for people."""

    model_config = ConfigDict(extra="ignore")

    version: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """One version in memory, as it was on disk when it was read."""

    version: str
    digest: str
    """SHA-256 of ``content``, hexadecimal."""
    content: bytes
    """The ONNX file."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the version in ``folder``.

        Raises:
            ModelError: a file is missing or too large, the digest does not match, or the folder is another version's.
        """
        sidecar = _read_sidecar(folder / METADATA_FILE)
        content = _read(folder / MODEL_FILE, MAX_MODEL_BYTES)
        digest = hashlib.sha256(content).hexdigest()
        if digest != sidecar.sha256:
            raise ModelError(
                f"{MODEL_FILE} does not match its digest: {METADATA_FILE} says {sidecar.sha256}, the file has {digest}."
            )
        if sidecar.version != folder.name:
            raise ModelError(f"{METADATA_FILE} says version {sidecar.version!r}, but the folder is {folder.name!r}.")
        return cls(version=sidecar.version, digest=digest, content=content)


class ReadFromFiles(ABC):
    """A model that is made of the files of a version."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read, check and warm up the version in ``folder``.

        Raises:
            ModelError: a file is missing or damaged, the digest does not match, or the contract is not met.
        """
        return cls.from_files(ModelFiles.read(folder))

    @classmethod
    @abstractmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """Check and warm up what was read.

        Raises:
            ModelError: the contract is not met.
        """


def complaints(error: ValidationError) -> str:
    """What pydantic found, in one line."""
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'content'}: {fault['msg']}" for fault in error.errors())


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError as error:
        raise ModelError(f"{path.name} is missing.") from error
    except OSError as error:
        raise ModelError(f"{path.name} can't be read: {error.strerror}.") from error
    if len(content) > limit:
        raise ModelError(f"{path.name} is larger than {limit:,} bytes.")
    return content


def _read_sidecar(path: Path) -> _Sidecar:
    try:
        return _Sidecar.model_validate_json(_read(path, MAX_METADATA_BYTES))
    except ValidationError as error:
        raise ModelError(f"{path.name} is not usable: {complaints(error)}.") from error
