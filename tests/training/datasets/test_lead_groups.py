"""Names of leads, as recorders write them, by how beats look in them."""

from __future__ import annotations

import numpy as np

from training.datasets import lead_groups


def test_modified_leads_stand_for_those_that_they_look_like() -> None:
    names = np.array(["MLII", "II", "III", "V5", "MLII"])
    assert lead_groups.is_lead(names, "II").tolist() == [True, True, False, False, True]


def test_the_first_of_leads_without_a_name_is_told_from_the_second() -> None:
    names = np.array(["ECG1", "ECG2", "ECG", "V1"])
    assert lead_groups.is_first_unnamed(names).tolist() == [True, False, True, False]


def test_leads_from_below_and_from_the_left_look_alike_and_so_may_those_without_a_name() -> None:
    alike = ["I", "II", "MLII", "aVF", "V5", "CM5", "V6", "ECG1", "ECG"]
    others = ["III", "aVR", "aVL", "V1", "V2", "MV1", "V4", "V1-V2"]
    assert lead_groups.look_alike(np.array([*alike, *others])).tolist() == [True] * len(alike) + [False] * len(others)


def test_no_leads_are_none() -> None:
    assert lead_groups.look_alike(np.array([], dtype=np.str_)).tolist() == []
