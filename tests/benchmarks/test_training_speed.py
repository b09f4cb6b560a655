"""Both ways of training are timed in one run."""

from __future__ import annotations

import json

import pytest

from benchmarks import training_speed


def test_it_prints_the_pictures_a_second_of_both_ways_and_their_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    training_speed.main(pictures=96, rounds=1, least=0.0, batch=32)
    told = json.loads(capsys.readouterr().out)
    assert told["network"] == "seed"
    for kind in ("trained", "fed"):
        (rates,) = told["pictures_per_second"][kind]
        assert set(rates) == {"cached", "files", "files, varied"}
        assert all(rate > 0 for rate in rates.values())
        assert told["median_ratio"][kind]["files"] == pytest.approx(rates["cached"] / rates["files"], rel=0.02)
