"""Beats in every layout: the places that come with a picture are those of its line, and it is read as drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg.pictures.ink.opening import open_picture
from ecg.pictures.ink.reading import read_beat
from tests.ecg.pictures.ink.beats import millivolts
from training.evaluation import geometry
from training.evaluation.geometry import Stretch
from training.pictures.camera import Camera
from training.pictures.layout_kinds import KINDS, OTHER_WINDOWS, PLAIN, Kind
from training.pictures.layouts import painted

#: Beats 0.8 s from each other.
LEAD = millivolts((np.arange(-1440, 1440) / 360 + 0.4) % 0.8 - 0.4).astype(np.float32)
STRETCH = Stretch(LEAD, 1440, (0.8, 0.8), 0)


def test_the_plain_layout_comes_first_and_is_the_classic_drawing() -> None:
    assert next(iter(KINDS)) == "plain"
    drawn = painted(LEAD, 1440, PLAIN, np.random.default_rng(0))
    assert drawn.image.size == (192, 128)
    assert len(drawn.points) == 192
    assert set(OTHER_WINDOWS) < set(KINDS)


@pytest.mark.parametrize("camera", [None, Camera(rotation=4.0), Camera(rotation=-3.0, blur=0.5)])
@pytest.mark.parametrize("resized", [None, (224, 224)])
def test_points_lie_on_the_line(camera: Camera | None, resized: tuple[int, int] | None) -> None:
    layout = replace(PLAIN, range_mv=None, line_width=2.0, ink=(0, 0, 0), camera=camera, resized=resized)
    drawn = painted(LEAD, 1440, layout, np.random.default_rng(0))
    grey = np.asarray(drawn.image.convert("L"))
    x, y = np.floor(drawn.points[np.isfinite(drawn.points[:, 1])]).astype(int).T
    assert np.mean(grey[y, x] < 200) > 0.95


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_is_read_as_it_was_drawn(kind: Kind) -> None:
    generator = np.random.default_rng(1)
    aligned = []
    for _ in range(4):
        layout = kind(generator, STRETCH.intervals)
        drawn = painted(LEAD, STRETCH.r_peak, layout, generator)
        read = read_beat(open_picture(geometry.encoded(drawn, layout)))
        assert read.reason is None
        found = geometry.agreement(STRETCH, layout, drawn, read)
        assert found is not None
        aligned.append(found.aligned)
    assert np.median(aligned) > 0.95


def test_kinds_vary_by_chance_and_repeat_by_the_same_chance() -> None:
    for name, kind in KINDS.items():
        first, again, other = (kind(np.random.default_rng(seed), (0.8, 0.8)) for seed in (1, 1, 2))
        assert first == again
        assert name == "plain" or first != other
