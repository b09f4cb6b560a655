"""The network for pages that ships: it is what its card says, and tells ink on a page that it doesn't know."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from inference_server.models.page_model import PageModel, newest
from tests.training.pages.made import twelve
from training.datasets.pages import crops
from training.evaluation.pages import card
from training.export import page_export
from training.pages import folder, making
from training.pages.capture import Medium
from training.pages.truth import PIXEL_CLASSES

MODELS: Final = Path(__file__).parents[2] / "models" / page_export.NAME


@pytest.fixture(scope="module")
def served() -> PageModel:
    model = newest(MODELS)
    assert model is not None
    return model


def test_it_is_as_small_as_asked_and_its_card_is_of_it(served: PageModel) -> None:
    version = MODELS / served.version
    assert (version / "model.onnx").stat().st_size <= page_export.MOST_BYTES
    assert (MODELS / "MODEL_CARD.md").read_text(encoding="utf-8") == card.card(version)


@pytest.mark.parametrize("medium", [Medium.CLEAN, Medium.PHOTOGRAPH])
def test_it_tells_ink_from_paper_and_grid(served: PageModel, medium: Medium, tmp_path: Path) -> None:
    folder.store(making.drawn(twelve(5.0), "3x1", medium, 11), tmp_path, "00000")
    pixels, labels = crops.read(crops.drawn_pages(tmp_path)[0])
    said = served.ink(pixels) > 0.5
    assert said[labels == PIXEL_CLASSES.index("trace")].mean() > 0.85
    assert said[labels == PIXEL_CLASSES.index("paper")].mean() < 0.05
    assert said[labels == PIXEL_CLASSES.index("grid")].mean() < 0.15
