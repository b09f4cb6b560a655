"""Who imports whom, seen in fresh interpreters."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def imported_by(statement: str) -> set[str]:
    """Top-level modules that are loaded after ``statement`` ran in a fresh interpreter."""
    program = (
        f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout))


def test_the_whole_server_loads_neither_django_nor_tensorflow_nor_the_rest_of_the_house() -> None:
    statement = (
        "import importlib, pkgutil, inference_server\n"
        "for module in pkgutil.walk_packages(inference_server.__path__, 'inference_server.'):\n"
        "    importlib.import_module(module.name)"
    )
    loaded = imported_by(statement)
    assert "onnxruntime" in loaded
    assert not loaded & {"django", "tensorflow", "keras", "onnx", "training", "webportal", "wfdb"}


def test_the_client_loads_no_model_machinery() -> None:
    loaded = imported_by("import inference_server.client")
    assert "grpc" in loaded
    assert not loaded & {"onnxruntime", "numpy", "PIL", "pydantic", "typer"}


def test_asking_a_running_server_loads_no_onnxruntime() -> None:
    statement = (
        "from typer.testing import CliRunner\nfrom inference_server.commands.application import app\n"
        "CliRunner().invoke(app, ['classify', 'missing.png', '--address', '127.0.0.1:1'])"
    )
    assert "onnxruntime" not in imported_by(statement)


def test_the_front_of_the_server_loads_neither_onnxruntime_nor_scipy() -> None:
    loaded = imported_by(
        "import inference_server.__main__, inference_server.rpc.server, inference_server.fronts.supervisor\n"
        "import inference_server.fronts.process"
    )
    assert not loaded & {"onnxruntime", "scipy"}


def test_what_is_said_of_recordings_is_read_without_scipy() -> None:
    loaded = imported_by(
        "import inference_server.client.recordings, ecg.rhythm.measures, inference_server.exports.document"
    )
    assert "scipy" not in loaded


@pytest.mark.parametrize("order", [1, -1])
def test_tritonclient_lives_in_the_same_process(order: int) -> None:
    statements = [
        "import tritonclient.grpc",
        "import inference_server.client, inference_server.rpc.server",
    ]
    loaded = imported_by("\n".join(statements[::order]))
    assert {"tritonclient", "grpc"} <= loaded
