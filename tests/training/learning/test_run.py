"""A run's folder and its data: claimed once, opened as often as one likes, divided alike each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.datasets.prepared_data import Dataset
from training.learning import networks
from training.learning.run import BEST, Run, RunError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="tiny", precision="bfloat16")


@pytest.fixture(scope="module")
def claimed(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run.claim(tmp_path_factory.mktemp("run") / CONFIG.name, CONFIG, data)


def test_a_claimed_folder_holds_the_configuration_and_is_claimed_again(claimed: Run, data: Dataset) -> None:
    assert recipe_files.read_run(claimed.folder / "config.yaml") == CONFIG
    assert Run.claim(claimed.folder, CONFIG, data).config == CONFIG


def test_another_configuration_or_other_data_are_refused(claimed: Run, data: Dataset) -> None:
    with pytest.raises(RunError, match="another configuration"):
        Run.claim(claimed.folder, CONFIG.model_copy(update={"seed": 1}), data)
    with pytest.raises(RunError, match="not trained on this data set"):
        Run.claim(claimed.folder, CONFIG, replace(data, digest="another"))


def test_a_run_without_weights_is_not_opened(claimed: Run, data: Dataset) -> None:
    with pytest.raises(RunError, match="holds no trained weights"):
        Run.open(claimed.folder, data)


def test_an_opened_run_has_the_same_partitions_and_its_weights_in_float32(claimed: Run, data: Dataset) -> None:
    _, _, height, width, _ = data.pixels.shape
    trained = networks.build(CONFIG.network, height=height, width=width, classes=len(claimed.classes))
    trained.save_weights(claimed.folder / BEST)
    opened = Run.open(claimed.folder, data)
    for name in ("train", "validation", "test"):
        assert np.array_equal(getattr(opened.partitions, name), getattr(claimed.partitions, name))
    model = opened.network()
    assert model.get_layer("features").compute_dtype == "float32"
    for own, stored in zip(model.get_weights(), trained.get_weights(), strict=True):
        assert np.array_equal(own, stored)
    assert opened.pixels(opened.partitions.test).shape == (len(opened.partitions.test), height, width, 1)
    (claimed.folder / BEST).unlink()
