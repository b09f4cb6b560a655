from __future__ import annotations

import pytest

from training.datasets.prepared_data import Dataset, DatasetError
from training.evaluation import robustness
from training.evaluation.served_model import Subject
from training.export import exporting
from training.learning import fitting
from training.pictures.styles import NAMED
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="tiny", epochs=1, batch_size=16, beats_per_patient_class_and_lead=20)
BEATS = 6


@pytest.fixture(scope="module")
def subject(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    run, models = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("models")
    fitting.fit(CONFIG, data, run, lambda line: None)
    written = exporting.export(run, data, models, name="arrhythmia", version="1", scores_from=[])
    return Subject.load(written.model.parent)


def test_every_style_is_scored_on_the_same_beats_against_the_plain_drawing(subject: Subject, data: Dataset) -> None:
    rows = list(robustness.style_rows(subject, data, BEATS))
    assert [row["style"] for row in rows] == list(NAMED)
    assert len(rows) > 12
    assert {row["n"] for row in rows} == {BEATS}
    plain = rows[0]["accuracy"]
    assert rows[0]["lost_points"] == 0
    for row in rows:
        assert isinstance(row["accuracy"], float)
        assert isinstance(plain, float)
        assert row["lost_points"] == pytest.approx(100 * (plain - row["accuracy"]), abs=0.02)


def test_other_data_than_the_models_own_are_refused(subject: Subject, data: Dataset) -> None:
    other = Dataset(data.table, data.windows, data.pixels, "0" * 64)
    with pytest.raises(DatasetError, match="not the one that the model was trained on"):
        next(robustness.style_rows(subject, other, BEATS))
