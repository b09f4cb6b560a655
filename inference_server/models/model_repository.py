"""The versions of one model on disk, and those of them that are in service.

``<repository>/<name>/<version>/{model.onnx,metadata.json}``; a version is a positive whole number. A version is loaded
and warmed up before it takes traffic, and calls under way keep the version that they began with.
"""

from __future__ import annotations

import logging
import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from pydantic import BaseModel, Field, ValidationError

from inference_server.classification import ModelInfo
from inference_server.models.model_files import METADATA_FILE, MODEL_FILE, LoadInterrupted, ModelError, ModelFiles
from inference_server.runtime.failures import Failure, Status

_log = logging.getLogger(__name__)

#: Names the version that answers callers who name none; beside the versions, so that every server follows it.
PIN_FILE: Final = "pinned.json"

#: Which versions are in service: the newest usable one, or all of them.
LATEST: Final = "latest"
ALL: Final = "all"

_VERSION: Final = re.compile(r"^[1-9][0-9]{0,8}$")
_Stamp = tuple[tuple[str, int, int], ...]


class Described(Protocol):
    """A loaded version, wherever it is loaded."""

    @property
    def info(self) -> ModelInfo:
        """What it is."""


Loaded = TypeVar("Loaded", bound=Described)


class NoModelLoaded(Failure):
    """No version of the model is in service."""

    status = Status.UNAVAILABLE
    reason = "MODEL_NOT_LOADED"
    retry_after = 5.0  # about what loading one takes
    quick_retries = False


class ModelNotFound(Failure):
    """The version asked for is not in service; ``version`` names it."""

    status = Status.NOT_FOUND
    reason = "MODEL_NOT_FOUND"

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"Version {version!r} of model {name!r} is not in service.")
        self.version = version


#: Seconds after which a version whose loading was broken off is loaded again: twice as many each time, up to an hour.
_FIRST_PAUSE: Final = 60.0
_LONGEST_PAUSE: Final = 3600.0


@dataclass(frozen=True, slots=True)
class _InService(Generic[Loaded]):
    """An immutable picture of what is loaded; replaced as a whole, so readers need no lock."""

    models: Mapping[str, Loaded] = field(default_factory=dict)
    stamps: Mapping[str, _Stamp] = field(default_factory=dict)
    default: str | None = None

    def plan(self) -> dict[str, object]:
        """What it is, for comparison with another server's."""
        return {
            "versions": {version: model.info.digest for version, model in self.models.items()},
            "default": self.default,
        }


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why something can't be served, and what its files looked like."""

    stamp: _Stamp
    why: str
    pause: float = math.inf
    """Seconds after which it is tried again though its files are the same."""
    until: float = math.inf
    """When that is, by the monotonic clock."""


class _Pin(BaseModel):
    """Content of :data:`PIN_FILE`."""

    version: str = Field(pattern=_VERSION.pattern)


def _stamp(folder: Path, *names: str) -> _Stamp:
    """What changes when one of the files does: its time (ns), size (bytes) and inode."""
    stamps = []
    for name in names:
        try:
            status = (folder / name).stat()
        except OSError:
            stamps.append(("", 0, 0))
        else:
            stamps.append((f"{status.st_mtime_ns}", status.st_size, status.st_ino))
    return tuple(stamps)


class ModelRepository(Generic[Loaded]):
    """Loads versions of the model ``name`` under ``folder`` and hands them out. Thread-safe.

    ``load`` makes a version ready for calls out of its files, or raises :class:`ModelError`.

    ``versions`` says which ones are in service: ``latest`` (the newest usable one), ``all``, or numbers separated by
    commas. A pin in the repository (:meth:`pin`) says which one answers callers who name none, and is always among
    them; without a pin it is the newest.
    """

    def __init__(
        self, folder: Path, *, name: str, load: Callable[[ModelFiles], Loaded], versions: str = LATEST
    ) -> None:
        self.name = name
        self._folder = folder / name
        self._load_files = load
        self._policy = versions
        self._in_service: _InService[Loaded] = _InService()
        self._prepared: _InService[Loaded] | None = None
        self._refused: dict[str, _Refusal] = {}
        self._loading = threading.Lock()
        self._suspended = False

    def versions(self) -> list[str]:
        """Versions on disk, oldest first."""
        try:
            names = [path.name for path in self._folder.iterdir() if path.is_dir() and _VERSION.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(names, key=int)

    def verify(self, version: str) -> ModelInfo:
        """Load ``version`` from disk for a look, without putting it into service.

        Raises:
            ModelError: it can't be served.
        """
        return self._load_files(ModelFiles.read(self._folder / version)).info

    @property
    def pinned(self) -> str | None:
        """The version that is pinned to answer callers who name none."""
        try:
            return _Pin.model_validate_json((self._folder / PIN_FILE).read_bytes()).version
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise ModelError(f"{PIN_FILE} is not usable: {error}") from error

    def pin(self, version: str) -> None:
        """Let ``version`` answer callers who name none; running servers follow at their next look.

        Raises:
            ModelError: it can't be served.
        """
        self.verify(version)
        fresh = self._folder / f".{PIN_FILE}.{os.getpid()}"
        fresh.write_text(_Pin(version=version).model_dump_json() + "\n")
        fresh.replace(self._folder / PIN_FILE)  # at once: no server ever reads half of it

    def unpin(self) -> None:
        """Let the newest version answer again."""
        (self._folder / PIN_FILE).unlink(missing_ok=True)

    def refresh(self) -> bool:
        """Bring what is in service in line with what is on disk; returns whether anything changed.

        New versions are loaded and warmed up first, then all is switched at once. What can't be loaded is logged with
        its reason; as long as nothing better can be loaded, what is in service stays.
        """
        with self._loading:
            return not self._suspended and self._put_into_service(self._on_disk())

    def prepare(self, *, suspended: bool) -> dict[str, object]:
        """Load what :meth:`refresh` would put into service, and keep it until :meth:`commit` or :meth:`discard`.

        Nothing is put into service when it is ``suspended``. Returns the digests by version and which one is the
        default: two servers that return the same would serve the same. Thread-safe, but one preparation at a time.
        """
        with self._loading:
            self._prepared = _InService() if suspended else self._on_disk()
            return self._prepared.plan()

    def commit(self) -> bool:
        """Put into service what was prepared; returns whether anything changed."""
        with self._loading:
            prepared, self._prepared = self._prepared, None
            return prepared is not None and self._put_into_service(prepared)

    def discard(self) -> None:
        """Let go what was prepared."""
        with self._loading:
            self._prepared = None

    def suspend(self) -> None:
        """Take everything out of service until :meth:`resume`; calls under way finish with what they have."""
        with self._loading:
            self._suspended = True
            self._in_service = _InService()
        _log.info("model unloaded", extra={"model": self.name})

    def resume(self) -> None:
        """Undo :meth:`suspend`, and bring what is in service in line with what is on disk now."""
        with self._loading:
            self._suspended = False
        self.refresh()

    def _on_disk(self) -> _InService[Loaded]:
        """What should be in service by what is on disk, loaded; what is in service where that is not usable."""
        before = self._in_service
        try:
            pinned = self.pinned
        except ModelError as error:
            self._refuse(PIN_FILE, _stamp(self._folder, PIN_FILE), str(error))
            return before
        models: dict[str, Loaded] = {}
        stamps: dict[str, _Stamp] = {}
        for version in self._candidates(pinned):
            stamp = _stamp(self._folder / version, MODEL_FILE, METADATA_FILE)
            model = self._load(version, stamp, before)
            if model is not None:
                models[version], stamps[version] = model, stamp
                if self._policy == LATEST:
                    break
        default = pinned if pinned is not None else max(models, key=int, default=None)
        if default is None or default not in models:
            if pinned is not None and before.default != pinned:
                self._refuse(PIN_FILE, (("pin", int(pinned), 0),), f"version {pinned!r} is pinned but not usable")
            return before
        return _InService(models=models, stamps=stamps, default=default)

    def _put_into_service(self, wanted: _InService[Loaded]) -> bool:
        before = self._in_service
        if wanted.models == before.models and wanted.default == before.default:
            return False
        self._in_service = wanted
        _log.info(
            "models in service",
            extra={"model": self.name, "versions": [*wanted.models], "default": wanted.default},
        )
        return True

    def _candidates(self, pinned: str | None) -> list[str]:
        """The versions to try, best first."""
        on_disk = self.versions()[::-1]
        if self._policy == LATEST:
            return on_disk if pinned is None else [pinned]
        if self._policy == ALL:
            return on_disk
        listed = {version.strip() for version in self._policy.split(",")}
        return sorted(listed | ({pinned} if pinned is not None else set()), key=int, reverse=True)

    def _load(self, version: str, stamp: _Stamp, before: _InService[Loaded]) -> Loaded | None:
        if before.stamps.get(version) == stamp:
            return before.models[version]
        refusal = self._refused.get(version)
        if refusal is not None and refusal.stamp == stamp and time.monotonic() < refusal.until:
            return before.models.get(version)
        try:
            model = self._load_files(ModelFiles.read(self._folder / version))
        except ModelError as error:
            self._refuse(version, stamp, str(error), is_interrupted=isinstance(error, LoadInterrupted))
            # Overwritten by something broken: the one in memory serves on.
            return before.models.get(version)
        self._refused.pop(version, None)
        _log.info("model loaded", extra={"model": self.name, "version": version, "sha256": model.info.digest})
        return model

    def _refuse(self, version: str, stamp: _Stamp, why: str, *, is_interrupted: bool = False) -> None:
        earlier = self._refused.get(version)
        is_same = earlier is not None and (earlier.stamp, earlier.why) == (stamp, why)
        if not is_same:
            _log.error("model refused", extra={"model": self.name, "version": version, "why": why})
        pause = math.inf
        if is_interrupted:  # a file that ends workers must not end them all the time
            pause = min(_LONGEST_PAUSE, 2 * earlier.pause) if earlier is not None and is_same else _FIRST_PAUSE
        self._refused[version] = _Refusal(stamp, why, pause, time.monotonic() + pause)

    @property
    def refused(self) -> dict[str, str]:
        """What can't be served (versions, or the pin), with the reason."""
        return {version: refusal.why for version, refusal in self._refused.items()}

    @property
    def folder(self) -> Path:
        """Where the versions lie."""
        return self._folder

    def loaded(self) -> tuple[Loaded, ...]:
        """The versions in service, oldest first."""
        models = self._in_service.models
        return tuple(models[version] for version in sorted(models, key=int))

    def get(self, version: str | None = None) -> Loaded:
        """The model of ``version``, or the one that answers callers who name none.

        Raises:
            NoModelLoaded: nothing is in service.
            ModelNotFound: ``version`` is not in service.
        """
        in_service = self._in_service
        if in_service.default is None:
            raise NoModelLoaded("No model is loaded.")
        try:
            return in_service.models[version or in_service.default]
        except KeyError:
            raise ModelNotFound(self.name, version or "") from None
