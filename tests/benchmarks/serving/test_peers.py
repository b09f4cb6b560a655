"""Peers of the comparison: their step from picture to class is the server's, and their environments are found again."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from benchmarks.serving.peers import deciding, environments
from benchmarks.serving.peers.environments import PeerUnavailable, python_of
from inference_server.models.classifier import Classifier
from inference_server.models.onnx_model import OnnxModel
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model


def test_a_peer_decides_as_a_worker_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path)
    monkeypatch.setenv(deciding.MODEL_FOLDER, str(folder))
    right = Classifier(OnnxModel.load(folder)).classify(picture(3)).classification
    said = deciding.decide(base64.b64encode(picture(3)))
    assert said["beat_class"] == right.beat_class.short
    assert said["probabilities"] == {of.short: probability for of, probability in right.probabilities}


def test_an_environment_is_made_once_and_again_when_its_list_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "_HERE", tmp_path)
    (tmp_path / "none.txt").write_text("# nothing\n")
    python = python_of("none", tmp_path / "kept")
    made = python.parent.stat().st_ctime_ns
    assert python_of("none", tmp_path / "kept") == python
    assert python.parent.stat().st_ctime_ns == made
    (tmp_path / "none.txt").write_text("./no-such-package\n")
    with pytest.raises(PeerUnavailable, match="can't be installed"):
        python_of("none", tmp_path / "kept")


@pytest.mark.parametrize("peer", ["kserve", "mlserver"])
def test_every_package_of_a_peer_is_pinned_and_decoder_and_model_run_on_our_versions(peer: str) -> None:
    lines = (Path(environments.__file__).parent / f"{peer}.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    root = Path(__file__).resolve().parents[3]
    locked = "".join((root / "requirements" / name).read_text() for name in ("shared.lock", "server.lock"))
    for package in ("numpy", "onnxruntime", "pillow", "scipy"):
        assert f"{package}=={pinned[package]}" in locked
