from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from ecg import beats as beat_windows
from ecg.pictures.rendering import picture_window
from tests.training.recordings import BEATS_PER_SYMBOL, SYMBOLS
from training.databases import checksums, marked
from training.databases.marked import mitdb as database


def test_every_beat_is_read_once_for_each_lead_with_its_identity(recordings: Path) -> None:
    beats = marked.cut_beats(database.read_recording(recordings, "100"))
    assert len(beats.table) == 2 * BEATS_PER_SYMBOL * len(SYMBOLS)
    assert set(beats.table["symbol"]) == set(SYMBOLS)
    assert set(beats.table["lead"]) == {"MLII", "V1"}
    first = beats.table.iloc[0]
    assert (first["record"], first["patient"], first["sample"], first["symbol"]) == ("100", "100", 400, "N")


def test_the_window_is_centred_on_the_r_peak_in_millivolts(recordings: Path) -> None:
    beats = marked.cut_beats(database.read_recording(recordings, "100"))
    window = picture_window(beats.windows)[0]
    assert window.shape == (192,)
    assert window.argmax() == beat_windows.WINDOW_BEFORE
    assert window.max() == pytest.approx(1.0, abs=0.15)


def test_the_primary_lead_is_chosen_by_name_not_by_position(recordings: Path) -> None:
    beats = marked.cut_beats(database.read_recording(recordings, "112"))
    assert set(beats.table.loc[beats.table["primary"], "lead"]) == {"MLII"}
    assert beats.table["lead"].iloc[0] == "V5"


def test_201_and_202_are_one_person() -> None:
    assert database.patient_of("202") == database.patient_of("201") != database.patient_of("203")


def test_a_missing_folder_says_how_to_get_the_recordings(tmp_path: Path) -> None:
    with pytest.raises(marked.RecordsError, match="MITDB_DIR"):
        database.record_names(tmp_path / "nowhere")


def test_a_folder_without_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(marked.RecordsError, match="RECORDS"):
        database.record_names(tmp_path)


def test_a_missing_file_is_named(recordings: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(recordings, tmp_path / "copy")
    (copy / "112.dat").unlink()
    with pytest.raises(marked.RecordsError, match=r"112\.dat"):
        database.record_names(copy)


def test_a_damaged_header_is_refused_by_name(recordings: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(recordings, tmp_path / "copy")
    (copy / "100.hea").write_text("nonsense\n")
    with pytest.raises(marked.RecordsError, match="Record 100"):
        database.read_recording(copy, "100")


def test_checksums_find_a_changed_byte(recordings: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(recordings, tmp_path / "copy")
    data = copy / "100.dat"
    (copy / "SHA256SUMS.txt").write_text(f"{hashlib.sha256(data.read_bytes()).hexdigest()} 100.dat\n")
    assert checksums.verify(copy) == 1
    data.write_bytes(bytes([data.read_bytes()[0] ^ 1]) + data.read_bytes()[1:])
    with pytest.raises(marked.RecordsError, match=r"100\.dat is damaged"):
        checksums.verify(copy)


def test_headers_that_may_be_mended_are_not_compared(recordings: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(recordings, tmp_path / "copy")
    sums = {name: hashlib.sha256((copy / name).read_bytes()).hexdigest() for name in ("100.dat", "100.hea")}
    (copy / "SHA256SUMS.txt").write_text("".join(f"{digest} {name}\n" for name, digest in sums.items()))
    (copy / "100.hea").write_text("mended\n")
    assert checksums.verify(copy, headers=False) == 1
    with pytest.raises(marked.RecordsError, match=r"100\.hea is damaged"):
        checksums.verify(copy)


def test_beats_at_the_edges_of_a_real_recording_are_left_out(mitdb: Path) -> None:
    beats = marked.cut_beats(database.read_recording(mitdb, "100"))
    assert beats.table["sample"].min() >= beat_windows.WINDOW_BEFORE
    assert beats.table["primary"].sum() == 2271  # 2273 annotated beats, two of them too near to an edge
    assert np.isfinite(beats.windows).all()
