"""The Kubernetes manifests as kustomize renders them."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("laptop", "production")

Document = dict[str, Any]


@functools.cache
def rendered(overlay: str) -> tuple[Document, ...]:
    """Every document of ``overlay``, or of ``base``."""
    folder = KUBERNETES / "base" if overlay == "base" else KUBERNETES / "overlays" / overlay
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run([str(kubectl), "kustomize", str(folder)], capture_output=True, text=True, check=True)
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, kind: str) -> dict[str, Document]:
    """The documents of one kind by name."""
    return {document["metadata"]["name"]: document for document in rendered(overlay) if document["kind"] == kind}


def pods(overlay: str) -> dict[str, Document]:
    """The templates of everything that runs, by name."""
    return {
        name: document["spec"]["template"]
        for kind in ("Deployment", "Job")
        for name, document in of_kind(overlay, kind).items()
    }


def containers(overlay: str) -> dict[str, Document]:
    """The one container of each."""
    found = {}
    for name, pod in pods(overlay).items():
        (found[name],) = pod["spec"]["containers"]
        assert "initContainers" not in pod["spec"]
    return found


def environment(overlay: str, name: str) -> dict[str, str]:
    """What the container of ``name`` is told in the open."""
    container = containers(overlay)[name]
    told: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        if "configMapRef" in source:
            told |= of_kind(overlay, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    return told | {variable["name"]: variable["value"] for variable in container.get("env", ())}


def references(document: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of every secret, configuration and volume that ``document`` refers to."""
    kinds = {
        "secretRef": ("Secret", "name"),
        "secret": ("Secret", "secretName"),
        "configMapRef": ("ConfigMap", "name"),
        "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
    }
    if isinstance(document, list):
        for part in document:
            yield from references(part)
    elif isinstance(document, dict):
        for key, value in document.items():
            if key in kinds:
                kind, field = kinds[key]
                yield kind, value[field]
            elif key == "tls" and isinstance(value, list):  # of an Ingress
                yield from (("Secret", entry["secretName"]) for entry in value)
            else:
                yield from references(value)
