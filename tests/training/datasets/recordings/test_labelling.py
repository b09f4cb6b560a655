"""What detected beats may be called."""

from __future__ import annotations

import numpy as np

from ecg.classes import LBBB, NORMAL, PAC, PACED, PVC
from ecg.features.stream import FEATURES
from training.databases.labels import Label
from training.datasets.recordings.labelling import CONDUCTED, bits, matched, of_kinds, of_record, of_symbols


def _beats(correlations: list[float]) -> np.ndarray:
    features = np.full((len(correlations), len(FEATURES)), np.nan, np.float32)
    features[:, list(FEATURES).index("correlation_mean")] = correlations
    return features


def test_kinds_are_the_classes_that_they_may_be() -> None:
    kinds = [Label.NORMAL, Label.CONDUCTED, Label.ABERRATED, Label.VENTRICULAR_ESCAPE, Label.PACED_FUSION]
    expected = [bits(NORMAL), CONDUCTED, bits(PAC), bits(PVC), bits(PACED, NORMAL)]
    assert of_kinds(np.array(kinds)).tolist() == expected


def test_nobody_learns_from_fusion_and_unclassified_beats() -> None:
    assert of_symbols(np.array(["F", "Q", "!", "L"])).tolist() == [0, 0, 0, bits(LBBB)]


def test_a_detected_beat_is_the_one_marked_within_150_ms() -> None:
    marked, found = np.array([1000, 2000, 3000]), np.array([900, 1030, 2055, 2900])
    assert matched(marked, found, 360.0).tolist() == [-1, 0, -1, -1]
    assert matched(marked, found, 1000.0).tolist() == [-1, 0, 1, 2]


def test_where_only_conduction_is_stated_every_beat_is_conducted() -> None:
    assert of_record({Label.SINUS, Label.OTHER}, _beats([0.99, 0.2])).tolist() == [CONDUCTED, CONDUCTED]


def test_early_beats_of_fibrillation_are_not_premature_but_those_of_another_shape_may_be() -> None:
    assert of_record({Label.AF}, _beats([0.99, 0.5, np.nan])).tolist() == [CONDUCTED, 0, 0]


def test_nothing_is_said_where_extra_beats_are_stated_or_nothing_is() -> None:
    assert of_record({Label.SINUS, Label.PVC}, _beats([0.99])).tolist() == [0]
    assert of_record({Label.SINUS, Label.ECTOPY}, _beats([0.99])).tolist() == [0]
    assert of_record(set(), _beats([0.99])).tolist() == [0]


def test_where_blocks_are_stated_beats_of_other_records_are_normal() -> None:
    beats = _beats([0.99, 0.2])
    normal = bits(NORMAL)
    assert of_record({Label.SINUS, Label.INCOMPLETE_RBBB}, beats, tells_blocks=True).tolist() == [normal, normal]
    assert of_record({Label.AF}, beats, tells_blocks=True).tolist() == [normal, 0]
    assert of_record({Label.SINUS, Label.RBBB}, beats, tells_blocks=True).tolist() == [CONDUCTED, CONDUCTED]
