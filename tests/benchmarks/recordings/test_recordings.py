"""Benchmarks of recordings: what they count, on recordings that are made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.recordings import detectors, families, model, peaks, rhythms
from benchmarks.recordings.analysed import analysed
from benchmarks.recordings.made import Repeated, made, same
from benchmarks.recordings.repeated import repeated
from benchmarks.recordings.table import show
from ecg.recording import Annotations, Recording
from tests.ecg.signal.synthetic import regular, two_leads
from training.databases.database import DatabaseRecord, Entry, beats_of
from training.databases.labels import Label
from training.databases.mitdb import MITDB

SECONDS = 60
BEATS = regular(SECONDS)


def record(
    *marks: tuple[float, str, str], database: str = MITDB.name, labels: frozenset[Label] = frozenset()
) -> DatabaseRecord:
    """A record of regular beats with further marks: second, symbol, note."""
    every = sorted([*((t, kind, "") for t, kind in BEATS), *marks])
    annotations = Annotations(
        np.array([round(t * 360) for t, _, _ in every]),
        np.array([symbol for _, symbol, _ in every]),
        np.array([note for _, _, note in every]),
    )
    made = two_leads(BEATS, SECONDS)
    recording = Recording(made.leads, made.rate, made.signal, annotations=annotations)
    entry = Entry(database, "1", f"{database}-1", Path("1.hea"), labels=labels)
    return DatabaseRecord(entry, recording, beats=beats_of(annotations))


def test_found_missed_and_invented_beats_are_counted() -> None:
    one = record((1.7, "V", ""))
    found = analysed(one.recording).marks(360, fibrillation=False)
    assert peaks._counts(one, found, 0.0).tolist() == [len(BEATS), 1, 0]


def test_fibrillation_is_marked_as_ec57_wants_it() -> None:
    one = analysed(record().recording)
    assert not np.isin(one.marks(360, fibrillation=True).symbols, ["[", "]"]).any()
    assert one.readable.all()


def test_where_only_the_middle_is_marked_the_ends_do_not_count() -> None:
    counted = peaks._between_marks(np.array([1000, 2000]), np.array([100, 990, 1500, 2010, 3000]), 500)
    assert counted.tolist() == [2, 0, 1]


def test_detectors_that_fail_find_nothing_and_those_not_installed_are_named() -> None:
    def failing(lead: np.ndarray, rate: float) -> np.ndarray:
        raise ValueError("no beats")

    assert len(detectors.quietly(failing, np.zeros(10), 360)) == 0
    assert {*detectors.installed(), *detectors.missing()} == set(detectors.OTHERS)


def test_rhythms_are_read_off_the_marks() -> None:
    one = record((10.0, "+", "(AFIB"), (20.0, "+", "(AFL"), (30.0, "+", "(N"), (40.0, "[", ""), (45.0, "]", ""))
    truth, counts = rhythms.atrial_seconds(one, SECONDS)
    assert np.flatnonzero(truth).tolist() == list(range(10, 20))
    assert np.flatnonzero(~counts).tolist() == list(range(20, 30))
    assert np.flatnonzero(rhythms.ventricular_seconds(one, SECONDS) == "VF").tolist() == list(range(40, 45))


def test_a_label_of_the_whole_recording_holds_throughout() -> None:
    truth, counts = rhythms.atrial_seconds(record(database="aftdb", labels=frozenset({Label.AF})), SECONDS)
    assert truth.all()
    assert counts.all()
    assert not rhythms.atrial_seconds(record(database="challenge2017", labels=frozenset({Label.NOISE})), 5)[1].any()


def test_a_repeated_recording_goes_on_where_it_ended() -> None:
    signal = Repeated(np.arange(10, dtype=np.float32)[None], 35)
    assert signal.read(8, 13).tolist() == [[8, 9, 0, 1, 2]]


def test_without_mitbih_beats_are_made_and_families_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(MITDB.setting, raising=False)
    assert same(repeated(0.01).read(), made(0.01, 1).read())
    families.command()
    assert f"{MITDB.setting} is not set" in capsys.readouterr().out


def test_the_stored_tables_of_the_model_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "arrhythmia-recording.twelve-leads.csv").write_text("class,database,f1\nLBBB,all,88.16\n")
    model.command(tmp_path)
    printed = capsys.readouterr().out
    assert "88.16" in printed
    assert "arrhythmia-recording.ds2.csv is missing" in printed


def test_tables_have_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show("Title", ["name", "share"], [["one", 12.3456], ["another", None]])
    assert capsys.readouterr().out == "\nTitle\nname      share\none      12.346\nanother       -\n"
