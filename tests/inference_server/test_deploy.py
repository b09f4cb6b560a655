"""The images in deploy/ use what the server has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inference_server.runtime.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def test_only_settings_that_exist_are_set() -> None:
    dockerfile = (DEPLOY / "inference-server.Dockerfile").read_text()
    named = set(re.findall(r"BEATLENS_([A-Z_]+)=", dockerfile))
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


@pytest.mark.parametrize("name", ["inference-server", "portal", "training"])
def test_an_image_has_every_package_of_the_house_that_it_imports(name: str) -> None:
    """What a copied package imports is copied too, or the container would not start."""
    root = DEPLOY.parent
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / f"{name}.Dockerfile").read_text(), flags=re.MULTILINE))
    packages = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests"}
    imports = re.compile(rf"^(?:from|import) ({'|'.join(packages)})\b", flags=re.MULTILINE)
    for package in copied & packages:
        for path in (root / package).rglob("*.py"):
            missing = set(imports.findall(path.read_text())) - copied
            assert not missing, f"{path.relative_to(root)} imports {missing}"
