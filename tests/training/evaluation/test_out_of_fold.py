"""Calibration of out-of-fold predictions on people whom the networks don't know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.out_of_fold import SHORTS, Row, fold_of
from training.evaluation import out_of_fold
from training.evaluation.people import PeopleError
from training.learning.calibration import Scaling

#: Everybody has normal beats, few have others, and the networks call too many of the normal ones ventricular.
_EVERY_CLASS = [Row(f"mitdb-c{place}", short, short, 40) for place, short in enumerate(SHORTS)]


def _fold(number: int, wrong: int = 12) -> list[Row]:
    rows = [Row(f"mitdb-{number}{person}", "NORMAL", "NORMAL", 30, 0.6) for person in range(20)]
    rows += [Row(f"mitdb-{number}{person}", "NORMAL", "PVC", wrong, 0.45) for person in range(20)]
    return rows + [Row(f"{row.person}{number}", row.truth, row.predicted, row.beats, 0.7) for row in _EVERY_CLASS]


def test_what_is_called_too_often_is_called_less() -> None:
    folds = [fold_of(_fold(number), number) for number in (0, 1)]
    scaling = out_of_fold.scaling_of(folds)
    assert scaling.bias[SHORTS.index("PVC")] < -0.3
    before, after = (
        np.concatenate([fold.probabilities for fold in some]) for some in (folds, out_of_fold.calibrated(folds))
    )
    assert after[:, SHORTS.index("PVC")].mean() < before[:, SHORTS.index("PVC")].mean()
    assert after.sum(axis=1) == pytest.approx(np.ones(len(after)), abs=1e-5)


def test_each_fold_is_calibrated_on_the_others_people() -> None:
    """What is peculiar to a fold's own people makes no difference to its own calibration."""
    folds = [fold_of(_fold(0), 0), fold_of(_fold(1), 1)]
    changed = [fold_of(_fold(0, wrong=90), 0), folds[1]]
    own = [out_of_fold.calibrated(some)[1].probabilities for some in (folds, changed)]
    assert not np.allclose(own[0], own[1])
    others = out_of_fold.scaling_of([folds[1]])
    expected = out_of_fold.scaled(changed[0], others).probabilities
    assert out_of_fold.calibrated(changed)[0].probabilities == pytest.approx(expected)


def test_every_person_weighs_the_same_and_some_have_no_say() -> None:
    rows = _fold(0)
    loud = [*rows, Row("mitdb-loud", "NORMAL", "PVC", 4000, 0.9)]
    quiet = [*rows, Row("mitdb-loud", "NORMAL", "PVC", 40, 0.9)]
    of_each = [out_of_fold.scaling_of([fold_of(some)]) for some in (loud, quiet)]
    assert of_each[0].bias == pytest.approx(of_each[1].bias, abs=0.01)
    without = out_of_fold.scaling_of([fold_of(loud)], without={"mitdb-loud"})
    assert without.bias == pytest.approx(out_of_fold.scaling_of([fold_of(rows)]).bias, abs=1e-3)
    with pytest.raises(PeopleError, match="Nobody"):
        out_of_fold.scaling_of([fold_of([Row("mitdb-1", "PVC", "PVC")])], without=["mitdb-1"])


def test_leads_that_networks_do_not_learn_from_have_no_say() -> None:
    rows = _fold(0)
    elsewhere = [*rows, *(Row(f"mitdb-v{person}", "NORMAL", "PVC", 200, 0.9, "V1") for person in range(30))]
    assert out_of_fold.scaling_of([fold_of(elsewhere)]) == out_of_fold.scaling_of([fold_of(rows)])


def test_logits_are_scaled_as_those_of_the_folds_were() -> None:
    then = Scaling(0.8, (0.1, -0.2, 0.3, 0.0, 0.5, -0.4, 0.2))
    folds = [replace(fold_of(_fold(number), number), temperature=t) for number, t in ((0, 1.0), (1, 4.0))]
    scaling = out_of_fold.for_logits(folds, then)
    assert scaling.temperature == pytest.approx(1.6)
    assert scaling.bias == then.bias
    with pytest.raises(PeopleError, match="divided by"):
        out_of_fold.for_logits([fold_of(_fold(0))], then)


def test_one_fold_alone_can_not_be_calibrated_on_others() -> None:
    with pytest.raises(PeopleError, match="only one"):
        out_of_fold.calibrated([fold_of(_fold(0))])
