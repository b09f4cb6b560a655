"""Reports in another language: every sentence has its own, with the same things in it, and numbers are written so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecg.classes import CLASS_SETS
from ecg.faults import Fault
from ecg.rhythm.settings import ST_IS_NOT_MEASURED
from inference_server import exports
from inference_server.classification import DISCLAIMER
from inference_server.exports import german, report_tables
from inference_server.exports.wording import BY_LANGUAGE, ENGLISH, GERMAN
from tests.inference_server.exports.made import analysis_of, regular, with_ventricular

FOLDER = Path(exports.__path__[0])


def said_in_the_sources() -> set[str]:
    """Whatever a report's modules look up: the texts of calls, and those that wait under a name for one."""
    return {text for path in FOLDER.glob("*.py") if path.stem != "german" for text in _said_in(path)}


def _said_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("words", "words.several"):
            yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\{[a-z_]+\}", node.value):
            yield node.value


def test_every_sentence_has_a_german_one_and_no_german_one_is_left_over() -> None:
    names = {kind.name for name in ("seven", "eight") for kind in CLASS_SETS[name]}
    elsewhere = {DISCLAIMER, ST_IS_NOT_MEASURED} | names | {fault.name.lower() for fault in Fault if fault.name}
    said = said_in_the_sources() | elsewhere
    assert said - set(german.TEXTS) == set()
    assert set(german.TEXTS) - said == set()


@pytest.mark.parametrize("text", german.TEXTS)
def test_what_is_filled_in_is_the_same(text: str) -> None:
    assert set(re.findall(r"\{\w+\}", german.TEXTS[text])) == set(re.findall(r"\{\w+\}", text))


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert [words.number(12345.678, " ms", 1) for words in (ENGLISH, GERMAN)] == ["12,345.7 ms", "12.345,7 ms"]
    assert [words.percent(0.051) for words in (ENGLISH, GERMAN)] == ["5.1%", "5,1 %"]
    assert [words.short(2.5) for words in BY_LANGUAGE.values()] == ["2.5", "2,5"]
    assert GERMAN.number(None, " ms") == "–"


def test_measures_in_german() -> None:
    rows = list(report_tables.MeasureRows(analysis_of(with_ventricular(regular(1200), 10, 20, 21, 22), 1200), GERMAN))
    ventricular = next(row for row in rows if row[0] == "Ventrikuläre Schläge")
    assert re.fullmatch(r"4; \d,\d\d %; 12,0 je Stunde", ventricular[1])
    assert any("1 kurze Salve" in row[1] for row in rows)
