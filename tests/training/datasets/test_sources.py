"""Every source of recordings, prepared and loaded together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg.beats import STORED_SAMPLES
from training.databases.marked import RecordsError, cut_beats
from training.datasets import prepared_data, sources
from training.datasets.prepared_data import DatasetError, PreparationConfig
from training.datasets.sources import DATABASES, SOURCES, Source

PLAIN = PreparationConfig(augmented_variants=0)


@pytest.fixture
def folders(recordings: Path, vfdb: Path, ptbxl: Path) -> dict[str, Path]:
    return {"mitdb": recordings, "vfdb": vfdb, "ptbxl": ptbxl}


@pytest.mark.parametrize("source", DATABASES.values(), ids=list(DATABASES))
def test_every_source_gives_beats_of_the_same_form(source: Source, folders: dict[str, Path]) -> None:
    folder = folders[source.name]
    for name in source.record_names(folder):
        recording = source.read(folder, name)
        beats = cut_beats(recording)
        assert list(beats.table.columns) == list(prepared_data.TABLE_COLUMNS)
        assert beats.windows.shape == (len(beats.table), STORED_SAMPLES)
        assert np.isfinite(beats.windows).all()
        assert len(beats.table) > 0
        assert beats.table["primary"].sum() * len(recording.leads) == len(beats.table)


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_a_source_without_its_setting_says_which_one(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(source.setting, raising=False)
    with pytest.raises(RecordsError, match=source.setting):
        source.folder()
    monkeypatch.setenv(source.setting, "/somewhere")
    assert source.folder() == Path("/somewhere")


def test_sources_load_together_and_keep_their_people_apart(folders: dict[str, Path], tmp_path: Path) -> None:
    for source in DATABASES.values():
        names = source.record_names(folders[source.name])
        list(prepared_data.prepare(source, folders[source.name], names, tmp_path / source.name, PLAIN, workers=1))
    parts = [prepared_data.load(tmp_path / name) for name in DATABASES]
    whole = prepared_data.load(*(tmp_path / name for name in DATABASES))
    assert len(whole.table) == sum(len(part.table) for part in parts)
    assert (whole.pixels == np.concatenate([part.pixels for part in parts], axis=1)).all()
    assert (whole.windows == np.concatenate([part.windows for part in parts])).all()
    people = [set(part.table["patient"]) for part in parts]
    assert len(set.union(*people)) == sum(map(len, people))
    assert whole.digest not in {part.digest for part in parts}


def test_different_representations_do_not_mix(folders: dict[str, Path], tmp_path: Path) -> None:
    for source, config in ((sources.VFDB, PLAIN), (sources.PTBXL, replace(PLAIN, representation="context"))):
        names = source.record_names(folders[source.name])[:1]
        list(prepared_data.prepare(source, folders[source.name], names, tmp_path / source.name, config, workers=1))
    with pytest.raises(DatasetError, match="show different things"):
        prepared_data.load(tmp_path / "vfdb", tmp_path / "ptbxl")


def test_the_notice_names_each_source_that_took_part_and_no_other() -> None:
    notice = sources.notice(["ptbxl", "mitdb"])
    assert "ODC Attribution License" in notice
    assert notice.index("MIT-BIH Arrhythmia Database") < notice.index("PTB-XL")
    assert "CC BY 4.0" in notice
    assert "Malignant" not in notice


def test_the_edited_recordings_carry_the_notice_of_the_database_that_they_were_made_from() -> None:
    assert sources.notice(["mitdb", "edited"]) == sources.notice(["mitdb"]) == sources.notice(["edited"])
    assert sources.notice(["ptbxl-turned"]) == sources.notice(["ptbxl-blocked"]) == sources.notice(["ptbxl"])
    assert sources.notice(["blocked"]) == sources.notice(["mitdb"])
