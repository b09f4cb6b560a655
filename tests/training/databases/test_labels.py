"""One vocabulary for all databases."""

from __future__ import annotations

from ecg.classes import BEAT_SYMBOLS
from training.databases import challenge2017, cpsc2018, labels, ludb, ptbxl
from training.databases.labels import Label


def test_every_symbol_of_a_beat_has_a_kind() -> None:
    assert set(BEAT_SYMBOLS) <= labels.OF_SYMBOL.keys()


def test_the_same_finding_has_the_same_label_in_every_database() -> None:
    assert labels.OF_SYMBOL["L"] == ptbxl.OF_CODE["CLBBB"] == cpsc2018.OF_DIAGNOSIS["LBBB"] == Label.LBBB
    assert ludb.OF_STATEMENT["complete left bundle branch block"] == Label.LBBB
    assert labels.OF_RHYTHM["(AFIB"] == ptbxl.OF_CODE["AFIB"] == challenge2017.OF_CLASS["A"] == Label.AF
    assert labels.OF_SYMBOL["/"] == ptbxl.OF_CODE["PACE"] == ludb.OF_STATEMENT["bipolar ventricular pacing"]


def test_flutter_and_fibrillation_of_the_ventricles_are_one_class() -> None:
    assert {labels.OF_RHYTHM[note] for note in ("(VF", "(VFL", "(VFIB")} == {labels.OF_SYMBOL["!"]} == {Label.VF}


def test_what_a_vocabulary_does_not_know_is_something_else_and_not_lost() -> None:
    assert labels.translated(["NORM", "XYZ"], ptbxl.OF_CODE) == {Label.NORMAL, Label.OTHER}
    assert labels.translated([], ptbxl.OF_CODE) == frozenset()
