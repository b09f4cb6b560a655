"""The files in deploy/ for the server use what the server has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from inference_server.rpc.arrhythmia import SERVICE
from inference_server.runtime.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DOCUMENTS: dict[str, Any] = {
    document["kind"]: document
    for document in yaml.safe_load_all((DEPLOY / "kubernetes" / "inference-server.yaml").read_text())
}
CONTAINER = DOCUMENTS["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def test_only_settings_that_exist_are_set() -> None:
    dockerfile = (DEPLOY / "inference-server.Dockerfile").read_text()
    named = set(re.findall(r"BEATLENS_([A-Z_]+)=", dockerfile)) | {
        variable["name"].removeprefix("BEATLENS_") for variable in CONTAINER["env"]
    }
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_the_probes_ask_for_liveness_and_readiness() -> None:
    port = CONTAINER["ports"][0]["containerPort"]
    assert CONTAINER["livenessProbe"]["grpc"] == {"port": port}
    assert CONTAINER["readinessProbe"]["grpc"] == {"port": port, "service": SERVICE}


def test_a_pod_is_given_the_time_that_a_drain_takes() -> None:
    env = {
        variable["name"]: float(variable["value"])
        for variable in CONTAINER["env"]
        if variable["name"].endswith("_SECONDS")
    }
    seconds = DOCUMENTS["Deployment"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert seconds > sum(env.values())


def test_everything_selects_the_same_pods() -> None:
    labels = DOCUMENTS["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert DOCUMENTS["Service"]["spec"]["selector"] == labels
    assert DOCUMENTS["Service"]["spec"]["clusterIP"] == "None"
    assert DOCUMENTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert DOCUMENTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


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
