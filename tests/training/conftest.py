from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.training.recordings import RECORDS, write_ptbxl, write_recordings, write_vfdb
from training.databases import mitdb
from training.datasets import prepared_data
from training.datasets.prepared_data import Dataset, PreparationConfig
from training.datasets.recordings import preparation
from training.datasets.sources import MITDB


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def vfdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vfdb(tmp_path_factory.mktemp("vfdb"))


@pytest.fixture(scope="session")
def ptbxl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ptbxl(tmp_path_factory.mktemp("ptbxl"))


@pytest.fixture(scope="session")
def prepared(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared")
    for _ in prepared_data.prepare(
        MITDB, recordings, list(RECORDS), out, PreparationConfig(augmented_variants=1), workers=1
    ):
        pass
    return out


@pytest.fixture(scope="session")
def prepared_recordings(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Detected beats of the three records and of their edits."""
    out = tmp_path_factory.mktemp("prepared_recordings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MITDB_DIR", str(recordings))
        for task in preparation.tasks([mitdb.MITDB]):
            preparation.prepare(task, out)
    return out


@pytest.fixture(scope="session")
def data(prepared: Path) -> Iterator[Dataset]:
    """All tests of a process share it; the last one is told when any of them has written into its table."""
    dataset = prepared_data.load(prepared)
    before = dataset.table.copy(deep=True)
    yield dataset
    pd.testing.assert_frame_equal(dataset.table, before)
