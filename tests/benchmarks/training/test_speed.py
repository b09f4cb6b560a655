"""Both ways of training are timed in one run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.training import speed
from training.learning import networks


def test_it_prints_the_pictures_a_second_of_both_ways_and_their_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    speed.main(pictures=96, rounds=1, least=0.0, batch=32)
    report = json.loads(capsys.readouterr().out)
    assert report["network"] == "course_cnn"
    for kind in ("trained", "fed"):
        (rates,) = report["pictures_per_second"][kind]
        assert set(rates) == {"cached", "files", "files, varied"}
        assert all(rate > 0 for rate in rates.values())
        assert report["median_ratio"][kind]["files"] == pytest.approx(rates["cached"] / rates["files"], rel=0.02)


def test_rectified_after_pooling_the_course_network_computes_what_the_course_s_does() -> None:
    ours = networks.build("course_cnn", height=64, width=96, classes=6)
    theirs = speed.course_network()
    theirs.set_weights(ours.get_weights())
    pixels = np.random.default_rng(0).integers(0, 256, (5, 64, 96, 1), dtype=np.uint8)
    assert np.asarray(ours(pixels)) == pytest.approx(np.asarray(theirs(pixels.astype(np.float32))), abs=1e-5)
