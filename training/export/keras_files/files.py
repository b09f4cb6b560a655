"""What people save of a Keras model, opened: its configuration and where its weights are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py

from training.export.keras_files import saved_model
from training.export.keras_files.bounds import MAX_BYTES, MAX_CONFIG_BYTES, parse_json
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.hdf5 import ArchiveStore, WholeModelStore, text
from training.export.keras_files.weights import Store

HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
_ZIP_SIGNATURE: Final = b"PK\x03\x04"
_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"

#: What a ``.keras`` file holds.
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of a whole model."""

    format: str
    """For people: ``HDF5``, ``.keras`` or ``SavedModel``."""
    version: str
    """Of the Keras that wrote it."""
    config: Any
    """``{"class_name": …, "config": …}``."""
    store: Store

    @property
    def major(self) -> int:
        """The version without what comes behind the first dot."""
        first = self.version.partition(".")[0]
        return int(first) if first.isdecimal() else 1


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file, or the folder of a SavedModel whose layers it names.

    Raises:
        KerasFileError: it is none of these, or damaged; the message says what it is instead.
    """
    if path.is_dir():
        yield saved(path)
        return
    head = _head(path)
    if head.startswith(HDF5_SIGNATURE):
        with _hdf5(path, path.name) as file:
            yield _whole_model(file, path.name)
    elif head.startswith(_ZIP_SIGNATURE):
        with _archive(path) as archive:
            yield archive
    else:
        raise KerasFileError(_what_else(path, head))


def saved(folder: Path) -> Opened:
    """A SavedModel whose layers are named, as ``model.save()`` of Keras 2 writes it.

    Raises:
        KerasFileError: it is none.
    """
    described = saved_model.described(folder)
    return Opened("SavedModel", described.version, described.config, described.store)


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise KerasFileError(f"{path.name} can't be read: {error.strerror}.") from error
    if size > MAX_BYTES:
        raise KerasFileError(f"{path.name} is larger than {MAX_BYTES:,} bytes.")
    return head


def _what_else(path: Path, head: bytes) -> str:
    """What a file is that is no model."""
    if head.startswith(_LFS_POINTER):
        return (
            f"{path.name} is a Git LFS pointer, not the model: the file itself was not fetched. Run `git lfs pull` in"
            " the repository that it is from."
        )
    kinds = {
        head[4:8] == b"TFL3": "a TensorFlow Lite model",
        head.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")): "a pickle, which can run any program",
        head.lstrip().startswith((b"{", b"[")): "JSON: perhaps a model without its weights",
        head.lstrip().lower().startswith((b"<!doctype", b"<html")): "a web page: perhaps a download that went wrong",
        head == b"": "empty",
        path.suffix == ".pb": "a part of a SavedModel, or a frozen graph; name the folder of the SavedModel",
        path.suffix in (".index", ".ckpt") or ".data-" in path.name: "a checkpoint: weights without a model",
    }
    kind = kinds.get(True, "not a readable HDF5 file, .keras file or folder of a SavedModel")
    return f"{path.name} is {kind}. Save the whole model with model.save()."


@contextmanager
def _hdf5(source: Path | io.BytesIO, name: str) -> Iterator[Any]:
    try:
        file = h5py.File(source, "r")
    except OSError as error:
        raise KerasFileError(f"{name} is not a readable HDF5 file.") from error
    with file:
        try:
            yield file
        except (OSError, RuntimeError) as error:  # what HDF5 says of damage that it meets later
            raise KerasFileError(f"{name} is damaged.") from error


def _whole_model(file: Any, name: str) -> Opened:
    if "model_config" not in file.attrs:
        raise KerasFileError(
            f"{name} holds no model configuration: perhaps weights alone. Save the whole model with model.save()."
        )
    if (backend := text(file.attrs.get("backend", "tensorflow"))) in ("theano", "cntk"):
        raise KerasFileError(f"{name} was saved by Keras on {backend}, which stores its kernels otherwise.")
    config = parse_json(text(file.attrs["model_config"]), f"The model configuration of {name}")
    return Opened("HDF5", text(file.attrs.get("keras_version", "1")), config, WholeModelStore(file))


@contextmanager
def _archive(path: Path) -> Iterator[Opened]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise KerasFileError(f"{path.name} is a damaged .keras file.") from error
    with archive:
        names = archive.namelist()
        if _CONFIG not in names:
            if any(name.endswith("data.pkl") for name in names):
                raise KerasFileError(f"{path.name} is a PyTorch model.")
            if any(name.endswith("saved_model.pb") for name in names):
                raise KerasFileError(f"{path.name} is a packed SavedModel; unpack it and name its folder.")
            raise KerasFileError(f"{path.name} is a ZIP file, but no .keras file: it has no {_CONFIG}.")
        config = parse_json(_member(archive, _CONFIG, MAX_CONFIG_BYTES, path), f"{_CONFIG} in {path.name}")
        metadata = (
            parse_json(_member(archive, _METADATA, MAX_CONFIG_BYTES, path), f"{_METADATA} in {path.name}")
            if _METADATA in names
            else {}
        )
        version = str(metadata.get("keras_version", "3")) if isinstance(metadata, dict) else "3"
        if _WEIGHTS not in names:
            raise KerasFileError(f"{path.name} has no {_WEIGHTS}.")
        content = io.BytesIO(_member(archive, _WEIGHTS, MAX_BYTES, path))
    with _hdf5(content, f"{_WEIGHTS} in {path.name}") as file:
        yield Opened(".keras", version, config, ArchiveStore(file))


def _member(archive: zipfile.ZipFile, name: str, limit: int, path: Path) -> bytes:
    """One file of an archive, in memory: nothing is ever unpacked to where the archive says.

    What it says of its size is not believed: reading stops at ``limit``.
    """
    if archive.namelist().count(name) > 1:
        raise KerasFileError(f"{path.name} holds {name} more than once.")
    try:
        with archive.open(name) as member:
            content = member.read(limit + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise KerasFileError(f"{name} in {path.name} can't be read.") from error
    except Exception as error:  # zlib, lzma and bz2 each raise their own for damage
        raise KerasFileError(f"{name} in {path.name} is damaged.") from error
    if len(content) > limit:
        raise KerasFileError(f"{name} in {path.name} has more than {limit:,} bytes.")
    return content
