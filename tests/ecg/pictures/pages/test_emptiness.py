"""Blank pictures are known at once, and nothing that is drawn is taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.pages import paper
from ecg.pictures.pages.emptiness import is_empty
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Kind, Reason
from tests.ecg.pictures.pages import drawn

SIZE = (1500, 2000)


def shaded() -> np.ndarray:
    """Paper in the light of a window, with what a camera adds."""
    light = np.linspace(120, 250, SIZE[1])[None, :, None] * np.linspace(0.8, 1, SIZE[0])[:, None, None]
    noise = np.random.default_rng(1).normal(0, 1.0, (*SIZE, 1))
    return np.clip(light + noise + np.zeros(3), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [np.full((*SIZE, 3), level, np.uint8) for level in (0, 7, 128, 255)] + [shaded()],
    ids=["black", "dark", "grey", "white", "shaded"],
)
def test_nothing_is_sought_in_a_blank_picture(pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "lattices_of", lambda *_: pytest.fail("a grid was sought"))
    found = read(pixels)
    assert (found.kind, found.reason) == (Kind.NONE, Reason.BLANK)


@pytest.mark.parametrize("place", [(0, 0), (31, 31), (32, 700), (1499, 1999)])
@pytest.mark.parametrize("levels", [(255, 219), (130, 100), (8, 60)])
def test_the_faintest_ink_is_something(place: tuple[int, int], levels: tuple[int, int]) -> None:
    pixels = np.full((*SIZE, 3), levels[0], np.uint8)
    pixels[place] = levels[1]
    assert not is_empty(pixels)


def test_a_line_in_colour_as_light_as_the_paper_is_something() -> None:
    pixels = np.full((300, 800, 3), 255, np.uint8)
    pixels[150:153, :, 2] = 200
    assert not is_empty(pixels)


def test_faint_strips_are_not_empty() -> None:
    image = Image.fromarray(drawn.strip(6).pixels())
    faint = Image.blend(image, Image.new("RGB", image.size, (255, 246, 244)), 0.75)
    assert not is_empty(np.asarray(faint))
