"""Odd files, each with its right answer: right, warned about, asked about, refused. Never wrong in silence."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.formats import RecordingError, RecordingQuestion, open_recording
from tests.ecg.formats.odd import Odd
from tests.ecg.formats.odd_edf import EDF
from tests.ecg.formats.odd_others import CONTAINERS, OTHERS
from tests.ecg.formats.odd_tables import JSON, TABLES
from tests.ecg.formats.odd_wfdb import SHAPES, WFDB

ODD = WFDB | SHAPES | EDF | TABLES | JSON | OTHERS | CONTAINERS


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_gets_its_right_answer(name: str) -> None:
    odd = ODD[name]
    if odd.asked:
        with pytest.raises(RecordingQuestion) as asked:
            open_recording(odd.files(), odd.answers)
        assert tuple(question.about for question in asked.value.questions) == odd.asked
    elif odd.refused:
        with pytest.raises(RecordingError) as refused:
            open_recording(odd.files(), odd.answers)
        assert refused.value.reason == odd.refused, refused.value.message
        assert not isinstance(refused.value, RecordingQuestion)
    else:
        check_reading(odd)


def check_reading(odd: Odd) -> None:
    recording = open_recording(odd.files(), odd.answers)
    assert sorted(warning.reason for warning in recording.warnings) == sorted(odd.warned), recording.warnings
    assert recording.rate == pytest.approx(odd.rate, rel=1e-6)
    if odd.leads:
        assert recording.leads == odd.leads
    if odd.values is not None:
        np.testing.assert_allclose(recording.read(), odd.values, atol=2e-6, rtol=2e-6, equal_nan=True)


def test_there_are_many_odd_files() -> None:
    assert len(ODD) == sum(map(len, (WFDB, SHAPES, EDF, TABLES, JSON, OTHERS, CONTAINERS))), "a name stands twice"
