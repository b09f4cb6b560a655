"""What tests of archives share: tiny models, and a job that has them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from archive.job import Job
from ecg.formats.answers import Answers
from tests.inference_server.tiny_models import write_model
from tests.inference_server.tiny_recording_models import write_recording_model

if find_spec("ray") is None:  # the extra archive
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a model for recordings and one for pictures."""
    repository = tmp_path_factory.mktemp("models")
    write_recording_model(repository)
    write_model(repository)
    return repository


@pytest.fixture(scope="session")
def job(models: Path) -> Job:
    """Of both models, with nothing answered."""
    return Job.with_models(models, Answers())
