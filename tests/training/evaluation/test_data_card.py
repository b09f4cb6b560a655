"""The card tells what the tables hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.datasets import prepared_data
from training.datasets.prepared_data import PreparationConfig
from training.datasets.sources import DATABASES
from training.evaluation import data_card


@pytest.fixture(scope="module")
def prepared_sources(recordings: Path, vfdb: Path, ptbxl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sources")
    for name, folder in {"mitdb": recordings, "vfdb": vfdb, "ptbxl": ptbxl}.items():
        names = DATABASES[name].record_names(folder)
        plain = PreparationConfig(augmented_variants=0)
        list(prepared_data.prepare(DATABASES[name], folder, names, out / name, plain, workers=1))
    return out


def _rows(card: str, heading: str) -> dict[str, list[str]]:
    """The table below a heading, by its first column."""
    lines = card.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: row[1:] for row in cells[2:]}


def test_every_source_tells_its_records_people_and_licence(prepared_sources: Path) -> None:
    card = data_card.card({name: prepared_data.read_table(prepared_sources / name) for name in DATABASES})
    rows = _rows(card, "Sources")
    assert rows["mitdb"][1:4] == ["3", "3", "2"]
    assert rows["vfdb"][1:3] == ["3", "3"]
    assert rows["ptbxl"][1:4] == ["5", "4", "4"]  # two records are of one person
    text = " ".join(card.split())
    for source in DATABASES.values():
        assert source.notice in text
    assert "not a medical device" in text


def test_people_and_beats_are_counted_by_class_and_database_whatever_the_leads(prepared_sources: Path) -> None:
    card = data_card.card({name: prepared_data.read_table(prepared_sources / name) for name in DATABASES})
    people, beats = _rows(card, "People by class and database"), _rows(card, "Beats by class and database")
    assert people["`V`"] == ["Premature Ventricular Contraction (PVC)", "3", "–", "–", "3"]
    assert beats["`V`"] == ["Premature Ventricular Contraction (PVC)", "36", "–", "–", "36"]
    assert people["`F`"] == ["in no class set", "3", "–", "–", "3"]
    assert people["`L`"][1:] == ["3", "–", "1", "4"]
    assert "`E`" not in people


def test_a_database_of_two_sources_counts_its_people_once(prepared_sources: Path) -> None:
    table = prepared_data.read_table(prepared_sources / "ptbxl")
    few = table[table["symbol"] == "L"]
    for tables in ({"ptbxl": few, "ptbxl-all": table}, {"ptbxl-all": table, "ptbxl": table}):
        rows = _rows(
            data_card.card({"mitdb": prepared_data.read_table(prepared_sources / "mitdb"), **tables}),
            "People by class and database",
        )
        assert rows["`R`"][1:] == ["3", "1", "4"]


def test_everybody_is_counted_in_the_fold_in_which_they_test(prepared_sources: Path) -> None:
    card = data_card.card({name: prepared_data.read_table(prepared_sources / name) for name in DATABASES})
    rows = _rows(card, "People in the folds of `people-5fold`")
    counts = [int(cell.replace("–", "0")) for cell in rows["VF"]]
    assert counts[-1] == sum(counts[:-1]) == 6  # three records of each of two databases


def test_the_partitions_are_those_of_the_split(prepared_sources: Path) -> None:
    card = data_card.card({name: prepared_data.read_table(prepared_sources / name) for name in DATABASES})
    rows = _rows(card, "Partitions of `inter-patient`")
    assert rows["train"][:2] == ["4", "3"]  # 101, 418, two of one person in PTB-XL
    assert rows["validation"][:2] == ["3", "3"]  # 112, 429, one of PTB-XL
    assert rows["test"][:2] == ["4", "4"]  # 100, 419, two of PTB-XL


def test_a_card_that_says_something_else_is_an_error(prepared_sources: Path, tmp_path: Path) -> None:
    words = ["data-card", "--prepared", str(prepared_sources), "--card", str(tmp_path / "data.md")]
    assert CliRunner().invoke(app, words).exit_code == 1
    assert CliRunner().invoke(app, [*words, "--write"]).exit_code == 0
    assert CliRunner().invoke(app, words).exit_code == 0
    (tmp_path / "data.md").write_text("# Data card\n")
    assert CliRunner().invoke(app, words).exit_code == 1


def test_without_prepared_sources_it_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["data-card", "--prepared", str(tmp_path)])
    assert result.exit_code == 1
    assert "training prepare" in " ".join(result.output.split())
