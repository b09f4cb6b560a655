"""Records in several folders: the database, excerpts of it, at two rates, some twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.training.databases.tiny_records import TWELVE, by_name, heartbeats, write_record
from training.databases import ptbxl
from training.databases.database import RecordsError
from training.databases.labels import Label
from training.databases.ptbxl import PTBXL

_WHOLE = "ecg_id,patient_id,sex,scp_codes,extra_beats,strat_fold,filename_lr,filename_hr"
_EXCERPT = "ecg_id,sex,strat_fold,statements,patient_id,scp_codes,extra_beats,filename_hr"
_LOW = "ecg_id,sex,strat_fold,statements,patient_id,scp_codes,filename_lr"


def _write(folder: Path, name: str, number: int, rate: int) -> str:
    samples = 2 * rate
    peaks = range(rate // 4 + number, samples, rate // 2)
    write_record(folder / "records", name, heartbeats(peaks, samples, 12, rate=rate), TWELVE, rate)
    return f"records/{name}"


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    whole, excerpt, low = (tmp_path / name for name in ("whole", "excerpt", "low"))
    rows = {
        1: ("11.0", 0, "{'NORM': 80.0, 'SR': 0.0}", "", 3),
        2: ("12.0", 1, "{'CLBBB': 100.0, 'PVC': 100.0}", "1ES", 10),
        3: ("13.0", 1, "{'CRBBB': 100.0}", "alles", 4),
        4: ("14.0", 1, "{'PACE': 100.0, 'XYZ': 0.0}", "", 4),
    }
    lines = [_WHOLE]
    for number, (patient, sex, codes, extra, fold) in rows.items():
        path = _write(whole, f"{number:05d}_hr", number, 500)
        lines.append(f'{number},{patient},{sex},"{codes}",{extra},{fold},none,{path}')
    lines.append('5,15.0,0,"{}",,1,none,records/00005_hr')  # its files are not there
    (whole / "ptbxl_database.csv").write_text("\n".join(lines) + "\n")
    path = _write(excerpt, "00600_hr", 60, 500)
    again = _write(excerpt, "00002_hr", 2, 500)
    (excerpt / "labels.csv").write_text(f"{_EXCERPT}\n600,0,10,CRBBB PAC,,,,{path}\n2,1,10,CLBBB PVC,,,,{again}\n")
    path = _write(low, "00501_lr", 5, 100)
    again = _write(low, "00004_lr", 4, 100)
    (low / "labels.csv").write_text(
        f"{_LOW}\n501,1,4,SR AFIB,14.0,\"{{'AFIB': 0.0}}\",{path}\n4,1,4,PACE,14.0,{{}},{again}\n"
    )
    return [low, whole, excerpt]


def test_a_record_in_several_folders_is_taken_once_at_the_highest_rate(folders: list[Path]) -> None:
    entries = PTBXL.entries(folders)
    assert [entry.name for entry in entries] == ["00001", "00002", "00003", "00004", "00501", "00600"]
    assert {name: PTBXL.read(entry).recording.rate for name, entry in by_name(entries).items()} == {
        **dict.fromkeys(("00001", "00002", "00003", "00004", "00600"), 500.0),
        "00501": 100.0,
    }


def test_codes_and_words_are_translated_and_nothing_unknown_is_lost(folders: list[Path]) -> None:
    entries = by_name(PTBXL.entries(folders))
    assert entries["00001"].labels == {Label.NORMAL, Label.SINUS}
    assert entries["00002"].labels == {Label.LBBB, Label.PVC}
    assert entries["00003"].labels == {Label.RBBB, Label.ECTOPY}  # extra beats of an unknown kind
    assert entries["00004"].labels >= {Label.PACED}
    assert entries["00501"].labels == {Label.SINUS, Label.AF}
    assert entries["00600"].labels == {Label.RBBB, Label.PAC}


def test_people_are_known_by_their_number_and_stay_with_all_of_their_fold_and_sex(folders: list[Path]) -> None:
    entries = by_name(PTBXL.entries(folders))
    assert entries["00004"].person == entries["00501"].person == "ptbxl-14"
    assert entries["00600"].person == "ptbxl-ecg600"
    assert entries["00600"].group == "ptbxl-fold10-male"
    assert entries["00002"].group == "ptbxl-fold10-female"
    assert [ptbxl.fold_of(entries[name]) for name in ("00001", "00002", "00600")] == [3, 10, 10]


def test_the_same_samples_under_another_number_are_left_out(folders: list[Path]) -> None:
    whole = folders[1]
    (whole / "records" / "00003_hr.hea").write_text(
        (whole / "records" / "00001_hr.hea").read_text().replace("00001_hr", "00003_hr")
    )
    names = [entry.name for entry in PTBXL.entries([whole])]
    assert names == ["00001", "00002", "00004"]


def test_what_is_no_copy_is_said(folders: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RecordsError, match="not a copy of PTB-XL"):
        PTBXL.entries([*folders, empty])
    (empty / "labels.csv").write_text(f"{_EXCERPT}\nsix,0,10,NORM,,,,records/x\n")
    (empty / "records").mkdir()
    (empty / "records" / "x.hea").write_text("x 0 500\n")
    with pytest.raises(RecordsError, match=r"labels\.csv has a row that is not PTB-XL's"):
        PTBXL.entries([empty])


def test_the_setting_may_name_several_folders(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTBXL_DIR", os.pathsep.join(map(str, folders)))
    assert PTBXL.folders() == tuple(folders)
    assert len(PTBXL.entries()) == 6
    monkeypatch.setenv("PTBXL_DIR", "")
    with pytest.raises(RecordsError, match="PTBXL_DIR"):
        PTBXL.folders()
