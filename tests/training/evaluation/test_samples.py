"""The pictures that ship show what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ecg.beats import STORED_SAMPLES
from ecg.pictures.rendering import draw, picture_window
from training.datasets.prepared_data import Dataset
from training.datasets.splits import divide
from training.evaluation import samples
from training.recipes.provenance import RunConfig

BEATS_PER_PERSON = 40
#: Of each person this beat has their shape exactly; all others have noise on it.
TYPICAL = 17


@pytest.fixture
def data() -> Dataset:
    """Normal beats of five people and flutter waves of one."""
    random = np.random.default_rng(1)
    rows, windows = [], []
    for person, symbol in (("100", "N"), ("101", "N"), ("103", "N"), ("105", "N"), ("106", "N"), ("207", "!")):
        shape = random.normal(size=STORED_SAMPLES).cumsum() / 20
        for beat in range(BEATS_PER_PERSON):
            rows.append((person, person, 1000 * beat, symbol, True))
            noise = 0.0 if beat == TYPICAL else 0.3
            windows.append(shape + noise * random.normal(size=STORED_SAMPLES))
    table = pd.DataFrame(rows, columns=["patient", "record", "sample", "symbol", "primary"])
    return Dataset(table, np.array(windows, dtype=np.float32), np.empty((1, 0), dtype=np.uint8), "")


@pytest.fixture
def config() -> RunConfig:
    return RunConfig(name="test")


def test_references_are_of_different_people_and_typical_of_them(
    data: Dataset, config: RunConfig, tmp_path: Path
) -> None:
    paths = list(samples.write_references(data, config, tmp_path))
    normal = [path for path in paths if path.parent.name == "NORMAL"]
    records = {path.stem.partition("_")[0] for path in normal}
    assert len(normal) == len(records) == samples.REFERENCES_PER_CLASS
    trained_on = {tuple(row) for row in data.table.iloc[divide(data, config).train][["record", "sample"]].to_numpy()}
    for path in normal:
        record, sample = path.stem.split("_")
        assert (record, int(sample)) in trained_on
        if (record, 1000 * TYPICAL) in trained_on:
            assert int(sample) == 1000 * TYPICAL


def test_one_person_alone_gives_several_from_different_times(data: Dataset, config: RunConfig, tmp_path: Path) -> None:
    paths = [path for path in samples.write_references(data, config, tmp_path) if path.parent.name == "VF"]
    times = sorted(int(path.stem.split("_")[1]) for path in paths)
    assert len(set(times)) == samples.REFERENCES_PER_CLASS
    third = 1000 * BEATS_PER_PERSON / 3
    assert all(
        begin - third / 2 < time < begin + 1.5 * third for begin, time in zip((0, third, 2 * third), times, strict=True)
    )


def test_a_reference_is_drawn_as_the_training_pictures_are(data: Dataset, config: RunConfig, tmp_path: Path) -> None:
    path = next(iter(samples.write_references(data, config, tmp_path)))
    record, sample = path.stem.split("_")
    row = data.table.query(
        "record == @record and sample == @sample", local_dict={"record": record, "sample": int(sample)}
    )
    expected = draw(picture_window(data.windows[row.index]))[0]
    np.testing.assert_array_equal(np.asarray(Image.open(path)), expected)


def test_classes_without_beats_have_no_reference(data: Dataset, config: RunConfig, tmp_path: Path) -> None:
    folders = {path.parent.name for path in samples.write_references(data, config, tmp_path)}
    assert folders == {"NORMAL", "VF"}
