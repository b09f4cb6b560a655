from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import wfdb
from PIL import Image
from typer.testing import CliRunner

from tests.training.pages.made import twelve
from training.__main__ import app
from training.databases import people
from training.databases.registry import DATABASES
from training.pages import folder, making
from training.pages.capture import Medium
from training.pages.plans import PARTITIONS, NoRecordingsError, Pool, Wish, page_of


def test_a_page_is_stored_with_its_signals_and_what_is_known(tmp_path: Path) -> None:
    page = making.drawn(twelve(), "3x4+1", Medium.CLEAN, seed=1, vary=False)
    folder.store(page, tmp_path, "a")
    facts = json.loads((tmp_path / "a.json").read_text())
    assert facts["layout"] == "3x4+1"
    assert facts["calibration"]["mm_per_mv"] == 10.0
    picture = next(path for path in tmp_path.iterdir() if path.suffix in {".png", ".jpg"})
    np.testing.assert_array_equal(np.asarray(Image.open(picture)), page.pixels)
    record = wfdb.rdrecord(str(tmp_path / "a"))
    avr = record.p_signal[:, record.sig_name.index("aVR")]
    assert np.isnan(avr[:1250]).all()
    np.testing.assert_allclose(avr[1250:2501], twelve().lead("aVR")[1250:2501], atol=0.001)
    second = record.p_signal[:, record.sig_name.index("II")]
    assert np.isfinite(second).all()
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_allclose(arrays["trace_0"], page.truth.leads[0].trace, atol=0.01)
        np.testing.assert_array_equal(arrays["labels"], page.labels)


@pytest.fixture
def _only_ptbxl(ptbxl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for database in DATABASES.values():
        monkeypatch.delenv(database.setting, raising=False)
    monkeypatch.setenv("PTBXL_DIR", str(ptbxl))
    monkeypatch.setattr(people, "stored_folds", dict)


@pytest.mark.usefixtures("_only_ptbxl")
def test_nobody_is_in_two_partitions() -> None:
    groups = {}
    for partition in PARTITIONS:
        try:
            pool = Pool.of(partition)
        except NoRecordingsError:
            continue
        groups[partition] = {entry.group for entry in (*pool.twelve, *pool.others)}
    assert groups
    everybody = [group for own in groups.values() for group in own]
    assert len(everybody) == len(set(everybody))


@pytest.mark.usefixtures("_only_ptbxl")
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    partition = next(name for name in PARTITIONS if _has_people(name))
    pool, wish = Pool.of(partition), Wish("1x1", Medium.CLEAN)
    assert list(folder.write(pool, tmp_path, 1, 7, wish)) == [1]
    before = (tmp_path / "00000.json").stat().st_mtime_ns
    assert list(folder.write(pool, tmp_path, 2, 7, wish)) == [1, 2]
    assert (tmp_path / "00000.json").stat().st_mtime_ns == before
    again = page_of(pool, 1, 7, wish)
    with np.load(tmp_path / "00001.npz") as arrays:
        np.testing.assert_array_equal(arrays["labels"], again.labels)


def _has_people(partition: str) -> bool:
    try:
        return bool(Pool.of(partition).twelve)
    except NoRecordingsError:
        return False


def test_without_recordings_a_plain_word(monkeypatch: pytest.MonkeyPatch) -> None:
    for database in DATABASES.values():
        monkeypatch.delenv(database.setting, raising=False)
    with pytest.raises(NoRecordingsError, match="PTBXL_DIR"):
        Pool.of("test")


@pytest.mark.usefixtures("_only_ptbxl")
def test_the_command_writes_pages_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    partition = next(name for name in PARTITIONS if _has_people(name))
    wanted = ["pages", str(tmp_path), "--count", "1", "--partition", partition, "--layout", "1x1", "--medium"]
    assert CliRunner().invoke(app, [*wanted, "clean"]).exit_code == 0
    assert json.loads((tmp_path / "00000.json").read_text())["layout"] == "1x1"
    refused = CliRunner().invoke(app, [*wanted, "fax"])
    assert refused.exit_code == 2
    assert "photograph" in refused.output
