"""Ink of traces is told from that of the grid, whatever their colours."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages.ink import between_bars, ink_of, paper_of, trace_depth

Colour = tuple[int, int, int]


@pytest.mark.parametrize(
    ("pen", "grid"),
    [
        ((0, 0, 0), (240, 150, 150)),
        ((31, 63, 191), (136, 136, 136)),
        ((31, 63, 191), (240, 150, 150)),
        ((150, 20, 30), (150, 150, 150)),
        ((0, 0, 0), (150, 150, 150)),
    ],
    ids=["black on pink", "blue on grey", "blue on pink", "red on grey", "black on grey"],
)
def test_a_pen_is_deeper_than_the_grid(pen: Colour, grid: Colour) -> None:
    sheet = np.full((300, 600, 3), 255, np.uint8)
    sheet[::12] = sheet[:, ::12] = grid
    sheet[150:153] = pen
    depth = trace_depth(sheet, np.ones(sheet.shape[:2], np.bool_), dark=False)
    assert np.median(depth[151]) > 1.4 * np.median(depth[12]) + 20


def test_writing_beside_the_grid_does_not_say_in_which_colour_a_pen_is_seen() -> None:
    sheet = np.full((900, 600, 3), 255, np.uint8)
    sheet[600::12] = sheet[600:, ::12] = (240, 150, 150)
    sheet[750:753] = (217, 25, 25)
    sheet[40:560:8, 40:560] = 0
    seen = np.zeros(sheet.shape[:2], np.bool_)
    seen[600:] = True
    depth = trace_depth(sheet, seen, dark=False)
    assert np.median(depth[751]) > 1.4 * np.median(depth[612]) + 20


@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize("bar", [40, 230])
def test_bars_of_a_program_are_left_out_and_light_that_falls_off_is_not(bar: int, top: bool) -> None:
    screen = np.full((500, 700, 3), 140, np.uint8)
    screen[60:] = np.where(np.arange(700)[None, :, None] % 90 < 2, 20, 140)
    screen[:60] = bar
    falling = np.r_[np.linspace(bar, 140, 220), np.full(280, 140.0)].astype(np.uint8)
    lit = np.repeat(falling[:, None, None], 700, axis=1).repeat(3, axis=2)
    screen, lit = (pixels if top else pixels[::-1] for pixels in (screen, lit))
    between = between_bars(screen)[:, 0]
    assert np.flatnonzero(~between).tolist() == (list(range(62)) if top else list(range(438, 500)))
    assert between_bars(lit).all()


@pytest.mark.parametrize("quarters", [0, 2], ids=["upright", "upside down"])
def test_what_lies_along_the_edge_of_what_is_seen_is_no_ink_of_the_page_but_a_wave_cut_off_there_is(
    quarters: int,
) -> None:
    depth = np.zeros((200, 400), np.uint8)
    depth[20:26, 150:300] = depth[100:103, 20:380] = depth[20:102, 60:66] = 200
    seen = np.zeros(depth.shape, np.bool_)
    seen[20:180, 10:390] = True
    ink = ink_of(np.rot90(depth, quarters), seen=np.rot90(seen, quarters))
    assert ink is not None
    again = ink_of(np.rot90(ink.depth, -quarters))
    assert again is not None
    assert not again.mask[:30, 150:300].any()
    assert again.mask[20:102, 60:66].all()
    assert again.mask[100:103, 20:380].all()


def paper(rows: int = 400, columns: int = 900) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 12, (rows, columns)).astype(np.uint8)


def dotted() -> np.ndarray:
    """Paper with letters and a thin stroke that is as deep as ink in two columns of three."""
    depth = paper()
    depth[60:110, 40:400:8] = 200
    for column in range(100, 800):
        depth[250 + column % 2, column] = 170 if column % 3 else 55
    return depth


def test_a_stroke_that_grows_faint_goes_on() -> None:
    depth = dotted()
    ink = ink_of(depth)
    assert ink is not None
    assert len(np.unique(ink.labels[249:253, 100:800])) <= 3


def test_what_is_as_faint_as_a_stroke_s_end_but_goes_on_from_nothing_is_no_ink() -> None:
    depth = dotted()
    depth[350, 100:160:2] = 55
    ink = ink_of(depth)
    assert ink is not None
    assert not ink.mask[340:360].any()


def test_a_grid_is_no_ink_where_there_is_next_to_none() -> None:
    depth = paper(590, 2100)
    for off, deep in ((0, 48), (2, 48), (1, 79)):  # blurred lines
        depth[off::45] = np.maximum(depth[off::45], deep)
        depth[:, off::45] = np.maximum(depth[:, off::45], deep)
    depth[299:303, 100:2000] = np.array([135, 220, 220, 135])[:, None]
    ink = ink_of(depth)
    assert ink is not None
    assert ink.mask[300:302, 100:2000].all()
    assert not ink.mask[310:].any()


@pytest.mark.parametrize("has_grid", [True, False])
def test_of_paper_whose_grid_was_seen_only_the_very_edges_may_be_a_table(has_grid: bool) -> None:
    depth = paper(1600, 900)
    depth[1250:] += 90
    seen = paper_of(depth, np.ones(depth.shape, np.bool_), has_grid=has_grid)[:, 450]
    assert seen[:1200].all()
    assert seen[1250:1450].all() == seen[1250:1450].any() == has_grid
    assert not seen[1500:].any()
