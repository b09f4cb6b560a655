"""Measures follow the classes that beats are given, and are what the server said where nobody changed any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference_server.classification import messages
from inference_server.classification.measuring import measured
from inference_server.classification.recording_messages import Answers
from inference_server.generated.ecg.v1 import arrhythmia_pb2
from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.analysis import analyse
from tests.inference_server.exports.made import analysis_of, regular, with_ventricular
from tests.inference_server.recordings_of_tests import differences, recording, with_gap
from tests.inference_server.tiny_recording_models import write_recording_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> RecordingModel:
    return RecordingModel.load(write_recording_model(tmp_path_factory.mktemp("models")))


def test_what_nobody_changed_is_measured_as_the_server_did(model: RecordingModel) -> None:
    said = analyse(with_gap(recording(310, rate=128), 100, 130), model)
    assert said.atrial is not None
    assert said.atrial.shape == (11, 7)
    assert not differences(measured(said), said)


def test_beats_of_another_class_change_the_burden_and_the_runs_and_nothing_else_of_the_answer() -> None:
    said = analysis_of(with_ventricular(regular(120), 20, 21, 22, 50), 120)
    classes = said.beats.classes.copy()
    classes[20:23] = 0
    changed = measured(replace(said, beats=replace(said.beats, classes=classes)))
    assert (said.measures.ventricular.beats, len(said.measures.ventricular.runs)) == (4, 1)
    assert (changed.measures.ventricular.beats, len(changed.measures.ventricular.runs)) == (1, 0)
    assert changed.measures.settings == said.measures.settings
    assert changed.beats.confident is said.beats.confident


def test_waves_of_ventricular_fibrillation_stay_where_they_are_whatever_beats_are_called() -> None:
    said = analysis_of(regular(120), 120, fibrillation=[(40, 60)])
    changed = measured(replace(said, beats=replace(said.beats, classes=np.full_like(said.beats.classes, 4))))
    assert changed.measures.ventricular_fibrillation == said.measures.ventricular_fibrillation
    assert changed.measures.analysable_seconds == 100


def test_a_server_that_says_no_more_than_peaks_at_the_own_rate_is_understood(tmp_path: Path) -> None:
    info = RecordingModel.load(write_recording_model(tmp_path)).info
    answers = Answers(125.0)
    answers.add(pb.AnalyzeRecordingResponse(accepted=pb.RecordingAccepted(model=messages.to_model(info))))
    beats = pb.Beats(samples=[125, 250], classes=[0, 0], probabilities=[1 / len(info.classes)] * 2 * len(info.classes))
    beats.verdicts.extend([arrhythmia_pb2.VERDICT_CONFIDENT] * 2)
    beats.plausible.extend([1, 1])
    answers.add(pb.AnalyzeRecordingResponse(beats=beats))
    answers.add(pb.AnalyzeRecordingResponse(quality=pb.SignalQuality(faults=[b"\0\0"])))
    assert answers.beats[0].peaks.tolist() == [360, 720]
    assert answers.beats[0].odd.tolist() == [False, False]
    assert answers.atrial == []
