from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one version of a seven-class model."""
    repository = tmp_path_factory.mktemp("models")
    write_model(repository)
    return repository


@pytest.fixture(scope="session")
def server(models: Path) -> Iterator[ServerProcess]:
    """A server process shared by the tests of one worker, serving the seven-class model."""
    with running_server(models) as process:
        process.wait_for("serving")
        yield process
