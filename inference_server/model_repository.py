"""The versions of one model on disk, and those of them that are in service.

``<repository>/<name>/<version>/{model.onnx,metadata.json}``; a version is a positive whole number. A version is loaded
and warmed up before it takes traffic, and calls under way keep the version that they began with.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from inference_server.onnx_model import ModelError, OnnxModel

_log = logging.getLogger(__name__)

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")


class NoModelLoaded(Exception):  # noqa: N818 - reads as what happened
    """No version of the model is in service."""


class ModelNotFound(Exception):  # noqa: N818 - reads as what happened
    """The version asked for is not in service; ``version`` names it."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"Version {version!r} of model {name!r} is not in service.")
        self.version = version


@dataclass(frozen=True, slots=True)
class _InService:
    """An immutable picture of what is loaded; replaced as a whole, so readers need no lock."""

    models: Mapping[str, OnnxModel] = field(default_factory=dict)
    default: str | None = None


class ModelRepository:
    """Loads versions of the model ``name`` under ``folder`` and hands them out. Thread-safe."""

    def __init__(self, folder: Path, *, name: str) -> None:
        self.name = name
        self._folder = folder / name
        self._in_service = _InService()
        self._refused: dict[str, str] = {}
        self._loading = threading.Lock()

    def versions(self) -> list[str]:
        """Versions on disk, oldest first."""
        try:
            names = [path.name for path in self._folder.iterdir() if path.is_dir() and _VERSION.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(names, key=int)

    def refresh(self) -> None:
        """Load the newest version on disk that is usable. A broken one is logged with its reason and passed over."""
        with self._loading:
            for version in reversed(self.versions()):
                try:
                    model = OnnxModel.load(self._folder / version)
                except ModelError as error:
                    if self._refused.get(version) != str(error):
                        _log.error("model refused", extra={"model": self.name, "version": version, "why": str(error)})
                    self._refused[version] = str(error)
                    continue
                self._refused.pop(version, None)
                self._in_service = _InService(models={version: model}, default=version)
                _log.info("model loaded", extra={"model": self.name, "version": version, "sha256": model.info.digest})
                return

    @property
    def refused(self) -> dict[str, str]:
        """Versions on disk that can't be served, with the reason."""
        return dict(self._refused)

    @property
    def folder(self) -> Path:
        """Where the versions lie."""
        return self._folder

    def loaded(self) -> tuple[OnnxModel, ...]:
        """The versions in service, oldest first."""
        models = self._in_service.models
        return tuple(models[version] for version in sorted(models, key=int))

    def get(self, version: str | None = None) -> OnnxModel:
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
