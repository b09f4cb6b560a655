"""How static files are named in production: with their digests, those too that our modules import from each other."""

from __future__ import annotations

from typing import Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

MODULES: Final = "beatlens/viewer/*.js"
"""Ours alone: what other packages bring may import what they leave to a bundler."""


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's, which also writes the new names into the ``import`` lines of :data:`MODULES`."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        # Django's own expressions, which it would use for every script (support_js_module_import_aggregation).
        (MODULES, CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )
