"""One canonical name for each lead, and what is no lead."""

from __future__ import annotations

import pytest

from ecg import leads
from ecg.leads import Channel


@pytest.mark.parametrize(
    ("label", "name"),
    [
        *(
            (label, "II")
            for label in ("II", "ii", "Lead II", "lead_II", "LeadII", "ECG II", "EKG II", "ECG-II", "ecg.ii", "DII")
        ),
        *(
            (label, "II")
            for label in ("MDC_ECG_LEAD_II", "MDC_ECG_ELEC_POTL_II", "ECG Lead II", "Ableitung II", "D2", "'II'")
        ),
        *(("AVR", "aVR"), ("avr", "aVR"), ("MDC_ECG_LEAD_AVR", "aVR"), ("ECGaVR", "aVR"), ("-aVR", "-aVR")),
        *(
            ("v1", "V1"),
            ("ECG V1", "V1"),
            ("MINDRAY_ECG_LEAD_V3R", "V3R"),
            ("vx", "X"),
            ("mod.V1", "MV1"),
            ("V1-V2", "V1-V2"),
        ),
        *(
            ("MLII", "MLII"),
            ("ECG1", "ECG1"),
            ("EKG 1", "ECG1"),
            ("ECG", "ECG"),
            ("EKG", "ECG"),
            ("ECG LA-RA", "LA-RA"),
        ),
        *(("ECG I filtered", "I filtered"), ("Lead 1", "Lead 1"), ("CM5", "CM5"), ("Lead I (Einthoven)", "I")),
        *(("Lead aVR, augmented voltage, right", "aVR"), ("MCL1", "MCL1")),
    ],
)
def test_leads_have_one_name(label: str, name: str) -> None:
    assert leads.canonical(label) == (name, Channel.LEAD)
    assert leads.canonical(name)[0] == name


@pytest.mark.parametrize(
    "label",
    [
        *(
            "Resp",
            "RESP",
            "Thorax",
            "Airflow",
            "SpO2",
            "SaO2",
            "PLETH",
            "ABP",
            "Art 1",
            "HR",
            "Heart Rate",
            "Temp",
            "EtCO2",
        ),
        *(
            "EEG Fpz-Cz",
            "C3-A2",
            "Fp1",
            "O2",
            "EOG left",
            "EMG chin",
            "Leg L",
            "acc x",
            "Accelerometer",
            "Gyro Z",
            "Body pos",
        ),
        *(
            "Events",
            "Marker",
            "Status",
            "Trigger",
            "EDF Annotations",
            "Time",
            "sample",
            "Battery",
            "Impedance",
            "Snore",
        ),
    ],
)
def test_what_is_no_lead_is_told_by_its_name(label: str) -> None:
    assert leads.canonical(label)[1] is Channel.OTHER


@pytest.mark.parametrize("label", ["", "foo", "CH1", "signal", "EXG1"])
def test_other_names_are_kept_and_unknown(label: str) -> None:
    assert leads.canonical(label)[1] is Channel.UNKNOWN


def test_chest_electrodes_are_chest_leads_beside_limb_leads_alone() -> None:
    twelve = ["I", "II", "III", *(f"C{number}" for number in range(1, 7))]
    assert [name for name, _ in leads.canonical_all(twelve)][3:] == ["V1", "V2", "V3", "V4", "V5", "V6"]
    assert leads.canonical_all(["C3", "C4", "ECG"])[0][1] is Channel.OTHER


def test_repeated_names_are_numbered() -> None:
    assert leads.distinct(["ECG", "ECG", "ECG (2)", "V1", "ECG"]) == ["ECG", "ECG (3)", "ECG (2)", "V1", "ECG (4)"]


def test_a_lead_is_found_by_any_spelling_or_by_what_stands_in_for_it() -> None:
    assert leads.index_of(("V5", "MLII"), "Lead II") == 1
    assert leads.index_of(("MLII", "II"), "II") == 1
    assert leads.index_of(("V5", "V1"), "II") is None


def test_a_lead_has_the_place_of_the_one_that_it_stands_in_for() -> None:
    assert [leads.standard_place(name) for name in ("I", "V6", "MLII", "CM5", "ECG1")] == [0, 11, 1, 10, None]


def test_the_standard_leads_come_first_on_a_page() -> None:
    assert leads.in_printed_order(["MLII", "V1", "aVR", "I", "X"]) == ["I", "aVR", "V1", "MLII", "X"]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("II", "II"),
        ("Lead II", "II"),
        ("MDC_ECG_LEAD_II", "II"),
        ("mlii", "MLII"),
        ("avf", "aVF"),
        ("Ableitung V1", "V1"),
    ],
)
def test_a_lead_is_known_by_any_of_its_names(label: str, name: str) -> None:
    assert leads.resolve(label) == name


@pytest.mark.parametrize("label", ["", "ECG", "ECG 1", "lead foo", "V1-V2", "pleth", "heart", "V10", "II" * 200])
def test_what_does_not_say_which_lead_it_is_names_none(label: str) -> None:
    assert leads.resolve(label) is None


def test_a_lead_that_stands_in_for_a_standard_one() -> None:
    assert [leads.standard_of(name) for name in ("MLII", "CM5", "V1", "Z")] == ["II", "V5", "V1", "Z"]
