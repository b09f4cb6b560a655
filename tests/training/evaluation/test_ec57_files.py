"""``python -m training ec57``: annotation files in a folder, compared."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb
from typer.testing import CliRunner, Result

from training.__main__ import app
from training.evaluation import ec57_files

RATE = 360
BEATS = "NNNVVNANNjNN"


def write(
    folder: Path,
    name: str,
    annotator: str,
    symbols: str = BEATS,
    *,
    shift: int = 0,
    rate: int | None = RATE,
    notes: Sequence[str] | None = None,
) -> None:
    """An annotation file with a beat each second."""
    samples = np.arange(1, len(symbols) + 1) * RATE + shift
    wfdb.wrann(name, annotator, samples, list(symbols), aux_note=notes, fs=rate, write_dir=str(folder))


def header(folder: Path, name: str, rate: int = RATE, samples: int = 20 * RATE) -> None:
    (folder / f"{name}.hea").write_text(f"{name} 1 {rate} {samples}\n{name}.dat 16 200 11 1024 0 0 0 MLII\n")


def run(*words: str | Path, records: Path | None = None) -> Result:
    environment = {"MITDB_DIR": str(records) if records else None, "COLUMNS": "400"}
    return CliRunner().invoke(app, ["ec57", *map(str, words)], env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records: one as the reference has it, one with a beat of each kind missed or called otherwise."""
    for name, test in (("100", BEATS), ("101", "NNNVNNNNNNN+")):
        write(tmp_path, name, "atr")
        write(tmp_path, name, "tst", test, shift=10)
        header(tmp_path, name)
    return tmp_path


def document(folder: Path, *options: str | Path, records: Path | None = None) -> Any:
    result = run(folder, "--json", *options, records=records)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_tables_name_both_mappings_and_take_records_together(folder: Path) -> None:
    result = run(folder, "--start", "0", "--matrices")
    assert result.exit_code == 0
    text = result.stdout
    assert "2 records" in text
    for mapping in (
        "ec57: escape beats e, j, n are S (EC57, bxb)",
        "de-chazal: escape beats e, j, n are N (de Chazal 2004)",
    ):
        assert f"Mapping {mapping}" in text
    assert text.count("Runs of supraventricular ectopic beats") == 2
    assert text.count("Atrial fibrillation") == text.count("Ventricular fibrillation or flutter") == 1
    assert text.count("Beats of record 101") == 2
    assert text.count("Total QRS complexes: 24  Total VEBs: 4  Total SVEBs: 4") == 1
    assert text.count("Total QRS complexes: 24  Total VEBs: 4  Total SVEBs: 2") == 1


def test_one_mapping_may_be_chosen(folder: Path) -> None:
    text = run(folder, "--mapping", "de-chazal").stdout
    assert "Mapping de-chazal" in text
    assert "Mapping ec57" not in text


def test_the_first_five_minutes_are_left_out_unless_told_otherwise(folder: Path) -> None:
    def matched(*options: str) -> Any:
        record = document(folder, *options)["mappings"]["ec57"]["records"][0]
        return record["beats"]["matrix"]["N"]["n"]

    assert matched() == 0
    assert matched("--start", "0") == 8
    assert matched("--start", "2.5") == 6


def test_json_has_counts_shares_gross_and_average(folder: Path) -> None:
    content = document(folder, "--start", "0", "--mapping", "ec57")
    assert content["start_s"] == 0
    assert content["match_window_s"] == 0.15
    assert list(content["mappings"]) == ["ec57"]
    compared = content["mappings"]["ec57"]
    first, second = compared["records"]
    assert first["beats"]["statistics"]["veb_sensitivity"] == 100
    assert second["beats"]["matrix"]["V"] == {"n": 1, "s": 0, "v": 1, "f": 0, "q": 0, "o": 0, "x": 0}
    assert second["ventricular_runs"]["couplets"]["reference_missed"] == 1
    assert second["ventricular_runs"]["couplets"]["sensitivity"] == 0
    assert second["atrial_fibrillation"]["statistics"]["duration_sensitivity"] is None
    assert compared["gross"]["beats"]["veb_sensitivity"] == 75
    assert compared["average"]["ventricular_runs"]["couplet_sensitivity"] == 50


def test_csv_has_every_cell(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "cells.csv"
    assert run(folder, "--start", "0", "--out", out).exit_code == 0
    with out.open(newline="") as file:
        cells = {(r["mapping"], r["table"], r["record"], r["column"]): r["value"] for r in csv.DictReader(file)}
    assert cells["ec57", "beats", "101", "V Se"] == "50.00"
    assert cells["ec57", "pairings", "101", "Vn"] == "1"
    assert cells["de-chazal", "beats", "Sum", "Ss"] == "1"
    assert cells["", "atrial_fibrillation", "Sum", "Ref duration"] == "0.000"


def test_references_and_headers_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    """As with MIT-BIH's own annotations. The header tells where fibrillation ends that has no other end."""
    elsewhere, mine = tmp_path / "elsewhere", tmp_path / "mine"
    elsewhere.mkdir()
    mine.mkdir()
    write(elsewhere, "200", "atr", "+N", notes=["(AFIB", ""])
    header(elsewhere, "200")
    write(mine, "200", "tst", "NN")

    def reference_seconds() -> Any:
        record = document(mine, "--start", "0", records=elsewhere)["mappings"]["ec57"]["records"][0]
        return record["atrial_fibrillation"]["reference_seconds"]

    assert reference_seconds() == 19
    (mine / "200.atr").write_bytes((elsewhere / "200.atr").read_bytes())
    assert reference_seconds() == 19
    write(mine, "200", "atr", "+NN", notes=["(AFIB", "", ""])  # another record of this name: the header isn't its own
    assert reference_seconds() == 2


class TestBadInput:
    def refused(self, folder: Path, *words: str | Path, records: Path | None = None) -> str:
        result = run(folder, *words, records=records)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        return result.stderr

    def test_no_folder(self, tmp_path: Path) -> None:
        assert f"There is no folder {tmp_path / 'none'}." in self.refused(tmp_path / "none")

    def test_nothing_to_compare(self, folder: Path) -> None:
        assert "has no file NAME.qrs to compare" in self.refused(folder, "--test", "qrs")

    def test_every_record_that_cannot_be_compared_is_named(self, folder: Path) -> None:
        """Nothing is printed for the others: figures for some would pass as figures for all."""
        (folder / "100.atr").unlink()
        (folder / "101.tst").write_bytes(b"\xff" * 7)
        message = self.refused(folder)
        assert f"There is no 100.atr in {folder}." in message
        assert "101.tst is not a readable WFDB annotation file" in message

    def test_different_rates(self, folder: Path) -> None:
        write(folder, "100", "tst", rate=250)
        assert "different rates can't be compared (100.atr: 360, 100.tst: 250, 100.hea: 360" in self.refused(folder)

    def test_no_rate(self, tmp_path: Path) -> None:
        for annotator in ("atr", "tst"):
            write(tmp_path, "100", annotator, rate=None)
        assert "No file tells the rate of 100: give --rate" in self.refused(tmp_path)
        assert run(tmp_path, "--rate", "360").exit_code == 0

    def test_a_damaged_header(self, folder: Path) -> None:
        (folder / "100.hea").write_text("\x00\x01 nothing")
        assert "100.hea is not a readable WFDB header" in self.refused(folder)

    def test_a_file_too_large(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ec57_files, "MAX_BYTES", 10)
        assert "is larger than" in self.refused(folder)

    def test_a_table_that_cannot_be_written(self, folder: Path) -> None:
        assert "No such file or directory" in self.refused(folder, "--out", folder / "none" / "cells.csv")

    @pytest.mark.parametrize("options", [["--start", "nan"], ["--start", "inf"], ["--start", "-1"], ["--rate", "0"]])
    def test_numbers_that_make_no_sense(self, folder: Path, options: list[str]) -> None:
        result = run(folder, *options)
        assert result.exit_code == 2
        assert "Invalid value" in result.stderr


def test_mitdb_against_itself_has_no_errors(mitdb: Path, tmp_path: Path) -> None:
    for name in ("100", "207", "222"):
        (tmp_path / f"{name}.tst").write_bytes((mitdb / f"{name}.atr").read_bytes())
    content = document(tmp_path, "--start", "0", records=mitdb)
    compared = content["mappings"]["ec57"]
    assert compared["gross"]["beats"]["qrs_sensitivity"] == compared["gross"]["beats"]["qrs_predictivity"] == 100
    assert compared["average"]["beats"]["rr_error_ms"] == 0
    assert compared["gross"]["ventricular_fibrillation"]["duration_sensitivity"] == 100
