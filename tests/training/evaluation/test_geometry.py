"""What is measured of pictures in every layout, on small recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.databases.database import RecordsError
from training.datasets.prepared_data import Dataset
from training.evaluation import geometry
from training.evaluation.served_model import Subject
from training.export import exporting
from training.learning import fitting
from training.pictures.layout_kinds import KINDS
from training.pictures.nonbeats.groups import FITTING, TESTING
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="tiny", epochs=1, batch_size=16, beats_per_patient_class_and_lead=20)


@pytest.fixture(scope="module")
def subject(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    run, models = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("models")
    fitting.fit(CONFIG, data, run, lambda line: None)
    written = exporting.export(run, data, models, name="arrhythmia", version="1", scores_from=[])
    return Subject.load(written.model.parent)


def test_stretches_have_their_surroundings_and_all_classes_alike(recordings: Path) -> None:
    stretches = geometry.stretches_of(recordings, "seven", 28)
    assert len(stretches) == 28
    assert np.ptp(np.bincount([stretch.label for stretch in stretches])) <= 1
    for stretch in stretches:
        assert stretch.r_peak == len(stretch.lead) // 2
        assert stretch.intervals == pytest.approx((300 / 360, 300 / 360))


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordsError):
        geometry.stretches_of(tmp_path, "seven", 7)


def test_every_layout_and_every_other_kind_has_its_row(subject: Subject, recordings: Path) -> None:
    stretches = geometry.stretches_of(recordings, subject.config.class_set, 6)
    rows = list(geometry.layout_rows(subject, stretches))
    assert [row["layout"] for row in rows] == list(KINDS)
    plain = rows[0]
    assert plain["n"] == 6
    assert plain["refused"] == 0
    assert plain["scale_known"] == 1
    assert isinstance(plain["correlation"], float)
    assert plain["correlation"] > 0.98

    leads = [geometry.leads_of(recordings, ["101"])[0]]
    others = list(geometry.nonbeat_rows(subject, leads, 2))
    assert [row["kind"] for row in others] == [*FITTING, *TESTING]
    blank = others[[row["kind"] for row in others].index("blank")]
    assert (blank["refused"], blank["reason"], blank["not_a_beat_ink"]) == (1, "BLANK", 1)
