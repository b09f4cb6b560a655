"""Beat classes by the names that people give them."""

from __future__ import annotations

import pytest

from ecg.classes import CLASS_SETS, class_named, nearest_names

EIGHT = CLASS_SETS["eight"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Premature Ventricular Contractions", "PVC"),
        ("premature_ventricular_contraction", "PVC"),
        ("PREMATURE-VENTRICULAR-CONTRACTION", "PVC"),
        ("PrematureVentricularContraction", "PVC"),
        ("Premature Ventricular Complexes", "PVC"),
        ("Ventricular premature beats", "PVC"),
        ("pvc", "PVC"),
        ("PVCs", "PVC"),
        ("VPC", "PVC"),
        ("V", "PVC"),
        ("Ventrikula\u0308re Extrasystolen", "PVC"),  # as macOS stores the ä
        ("Left Bundle Branch Blocks", "LBBB"),
        ("left bundle-branch block", "LBBB"),
        ("LBB", "LBBB"),
        ("Right_BBB", "RBBB"),
        ("APC", "PAC"),
        ("Atrial premature contraction", "PAC"),
        ("Premature Atrial Beats", "PAC"),
        ("Normal", "NORMAL"),
        ("normals", "NORMAL"),
        ("Normal Beats", "NORMAL"),
        ("0_Normal", "NORMAL"),
        ("01 - Normal ECG images", "NORMAL"),
        ("NSR", "NORMAL"),
        ("N", "NORMAL"),
        ("Paced beat", "PACED"),
        ("pacemaker", "PACED"),
        ("Ventricular Flutter", "VF"),
        ("V-Fib", "VF"),
        ("Ventricular escape beats", "VESC"),
        ("PVC (Premature Ventricular Contraction)", "PVC"),
        ("Premature Atrial Contractions (PAC)", "PAC"),
        ("Normal (PVC)", None),
        ("Normal (Anna)", None),
        ("PAB", None),  # paced, or premature atrial
        ("VEB", None),  # ventricular escape, or ectopic
        ("Sinus", None),
        ("F", None),
        ("1", None),
        ("beats", None),
        ("", None),
        ("---", None),
    ],
)
def test_a_class_is_known_by_what_people_call_it(name: str, short: str | None) -> None:
    beat_class = class_named(name, EIGHT)
    assert (beat_class.short if beat_class else None) == short


def test_only_the_classes_asked_about_are_answered() -> None:
    assert class_named("Paced", CLASS_SETS["six"]) is None


def test_no_name_means_two_classes() -> None:
    for beat_class in EIGHT:
        letter = [beat_class.symbol] if beat_class.symbol.isalpha() else []
        for name in (beat_class.short, beat_class.name, *beat_class.aliases, *letter):
            assert class_named(name, EIGHT) == beat_class, name


def test_a_slip_of_the_pen_finds_what_was_meant() -> None:
    assert nearest_names("Premature Ventricular Contarction", EIGHT)[0] == "Premature Ventricular Contraction"
    assert nearest_names("holiday pictures", EIGHT) == []
