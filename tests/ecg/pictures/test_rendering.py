from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ecg.pictures.rendering import CLASSIC, Geometry, draw, picture_window
from tests.training.recordings import SYMBOLS, shape
from training.databases.marked import cut_beats
from training.databases.marked.mitdb import read_recording


def _matplotlib(signal: np.ndarray, geometry: Geometry) -> np.ndarray:
    """The same beat in the same geometry, drawn by Matplotlib's Agg."""
    with mpl.rc_context({"path.simplify": False, "path.snap": False, "lines.solid_capstyle": "butt"}):
        figure = Figure(figsize=(geometry.width / 100, geometry.height / 100), dpi=100)
        axes = figure.add_axes((0.125, 0.11, 0.775, 0.77))
        axes.axis("off")
        axes.set_xlim(0, len(signal) - 1)
        axes.set_ylim(geometry.lowest_mv, geometry.highest_mv)
        axes.plot(signal, color=(geometry.ink / 255,) * 3, linewidth=geometry.line_width * 72 / 100)
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        grey: np.ndarray = np.asarray(canvas.buffer_rgba())[..., 0].astype(float)
        return grey


def _beat(symbol: str) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 0.02, 192)
    return (shape(symbol)[4:196] * 0.9 + noise).astype(np.float32)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_drawn_beat_is_what_matplotlib_draws(symbol: str) -> None:
    ours = draw(_beat(symbol)[None])[0].astype(float)
    theirs = _matplotlib(_beat(symbol), CLASSIC)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
    assert np.abs(ours - theirs).max() <= 48  # single pixels at sharp turns, where Agg joins strokes its own way
    assert abs(ours.mean() - theirs.mean()) < 0.1  # the same amount of ink


def test_real_beats_are_what_matplotlib_draws(mitdb: Path) -> None:
    beats = cut_beats(read_recording(mitdb, "207"))  # bundle branch blocks, premature beats and flutter waves
    for signal in picture_window(beats.windows)[::200]:
        ours, theirs = draw(signal[None])[0].astype(float), _matplotlib(signal, CLASSIC)
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995


def test_the_picture_is_white_paper_of_the_classic_size() -> None:
    picture = draw(np.zeros((1, 192), dtype=np.float32))[0]
    assert picture.shape == (128, 192)
    assert picture.dtype == np.uint8
    assert (picture[:, :24] == 255).all()
    assert (picture[:, 173:] == 255).all()


def test_a_level_line_lies_at_its_amplitude() -> None:
    picture = draw(np.zeros((1, 192), dtype=np.float32), replace(CLASSIC, line_width=9.0))[0]
    middle = 255.0 - picture[:, 100]
    row = (middle * (np.arange(128) + 0.5)).sum() / middle.sum()
    share = CLASSIC.highest_mv / (CLASSIC.highest_mv - CLASSIC.lowest_mv)
    assert row == pytest.approx(CLASSIC.top + share * (CLASSIC.bottom - CLASSIC.top), abs=0.01)


def test_a_level_line_has_the_ink_of_its_width() -> None:
    picture = draw(np.zeros((1, 192), dtype=np.float32))[0]
    ink = (255.0 - picture[:, 100]).sum() / (255 - CLASSIC.ink)
    assert ink == pytest.approx(CLASSIC.line_width, abs=0.01)


def test_what_leaves_the_plot_box_is_cut_off() -> None:
    signal = np.linspace(-5, 5, 192, dtype=np.float32)
    picture = draw(signal[None])[0]
    assert (picture[:15] == 255).all()
    assert (picture[114:] == 255).all()


def test_a_batch_is_drawn_as_its_members_one_by_one() -> None:
    signals = np.stack([_beat(symbol) for symbol in SYMBOLS] * 9)
    together = draw(signals)
    assert all((draw(signal[None])[0] == picture).all() for signal, picture in zip(signals, together, strict=True))


def test_time_runs_from_left_to_right() -> None:
    signal = np.zeros((1, 192), dtype=np.float32)
    signal[0, 20:25] = 1.0
    columns = np.flatnonzero((draw(signal)[0][:40] < 255).any(axis=0))
    assert 24 + 19 * 148.8 / 191 - 2 < columns.mean() < 24 + 25 * 148.8 / 191 + 2
