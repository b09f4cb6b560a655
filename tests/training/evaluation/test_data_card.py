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
    found = _rows(card, "Sources")
    assert found["mitdb"][1:4] == ["3", "3", "2"]
    assert found["vfdb"][1:3] == ["3", "3"]
    assert found["ptbxl"][1:4] == ["5", "4", "4"]  # two records are of one person
    told = " ".join(card.split())
    for source in DATABASES.values():
        assert source.notice in told
    assert "not a medical device" in told


def test_beats_and_people_are_counted_once_whatever_the_leads(prepared_sources: Path) -> None:
    table = prepared_data.read_table(prepared_sources / "mitdb")
    found = _rows(data_card.card({"mitdb": table}), "Beats and people by class")
    assert found["`V`"] == ["Premature Ventricular Contraction (PVC)", "36", "3"]
    assert found["`F`"] == ["in no class set", "36", "3"]
    assert "`E`" not in found


def test_the_sides_are_those_of_the_split(prepared_sources: Path) -> None:
    card = data_card.card({name: prepared_data.read_table(prepared_sources / name) for name in DATABASES})
    found = _rows(card, "Sides of `inter-patient`")
    assert found["train"][:2] == ["4", "3"]  # 101, 418, two of one person in PTB-XL
    assert found["validation"][:2] == ["3", "3"]  # 112, 429, one of PTB-XL
    assert found["test"][:2] == ["4", "4"]  # 100, 419, two of PTB-XL


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
