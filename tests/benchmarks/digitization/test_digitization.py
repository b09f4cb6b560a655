"""The benchmarks of strips and pages in small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.digitization import attack, cost
from benchmarks.digitization.__main__ import app
from tests.inference_server.tiny_models import write_model


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_model(tmp_path)
    return tmp_path


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_strip_costs_what_a_page_may(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "MOST_SECONDS", 100.0)  # tests share the machine
    ran = CliRunner().invoke(app, ["cost", "--count", "1", "--only", "strip", "--models", str(repository)])
    assert ran.exit_code == 0, ran.output
    (row,) = [line.split() for line in ran.stdout.splitlines() if line.startswith("strip")]
    seconds, megabytes, leads = float(row[-3]), int(row[-2]), int(row[-1])
    assert 0 < seconds <= cost.MOST_SECONDS
    assert 50 < megabytes <= cost.MOST_BYTES / 1e6
    assert leads == 1


def test_what_costs_too_much_ends_with_1(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "MOST_BYTES", 1)
    ran = CliRunner().invoke(app, ["cost", "--count", "1", "--only", "strip", "--models", str(repository)])
    assert ran.exit_code == 1


def test_every_broken_picture_gets_a_result_or_a_reason_and_it_goes_on_where_it_stopped(
    repository: Path, tmp_path: Path
) -> None:
    # So few pictures say nothing of memory: workers still load what they need.
    finished = tmp_path / "finished.json"
    options = ["attack", "--count", "20", "--models", str(repository), "--finished", str(finished)]
    begun = json.loads(invoked(*options, "--minutes", "0.0001").stdout)
    assert begun["sent"] == 4
    ran = invoked(*options)
    figures = json.loads(ran.stdout)
    assert figures["sent"] == 20
    assert [line.split(",")[0] for line in ran.stderr.splitlines()] == [f"{sent} of 20" for sent in (8, 12, 16, 20)]
    assert sum(count for outcome, count in figures.items() if outcome.isupper() or outcome in "strip page beat") == 20
    assert not [outcome for outcome in figures if outcome.startswith("FAILED")]
    assert figures["unexpected errors in the log"] == 0
    assert CliRunner().invoke(app, [*options, "--seed", "2"]).exit_code == 2
    for broken in ("", "[]", '{"sent": 1}', "null"):
        finished.write_text(broken)
        assert CliRunner().invoke(app, options).exit_code == 2


def test_what_is_broken_can_be_read_whole() -> None:
    from ecg.pictures.pages.files import read_file

    kinds = [read_file(data).kind.value for data in (attack.seeds()[0], attack.document())]
    assert "strip" in kinds
