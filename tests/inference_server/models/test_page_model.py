"""The model for pages: which version is taken, and what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference_server.models import page_model
from inference_server.models.page_model import PageModel, newest
from tests.inference_server.tiny_page_models import BLUE, NAME, write_page_model


def test_the_newest_version_that_can_be_used_is_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for version in ("2", "10", "11"):
        write_page_model(tmp_path, version)
    (tmp_path / NAME / "11" / "model.onnx").write_bytes(b"broken")
    (tmp_path / NAME / "notes").mkdir()
    found = newest(tmp_path / NAME)
    assert found is not None
    assert found.version == "10"
    assert [record.version for record in caplog.records] == ["11"]  # type: ignore[attr-defined]


def test_without_a_version_there_is_none(tmp_path: Path) -> None:
    assert newest(tmp_path / "nowhere") is None
    (tmp_path / "1").mkdir()
    assert newest(tmp_path) is None


@pytest.mark.parametrize("size", [(40, 50), (33, 257), (300, 70)])
def test_ink_is_told_of_pictures_of_any_size_tile_by_tile(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_model, "_TILE", 100)
    pixels = np.full((*size, 3), 200, np.uint8)
    pixels[5:30, 10:40] = 20
    pixels[10:20, 15:30] = BLUE
    likely = PageModel.load(write_page_model(tmp_path)).ink(pixels)
    wanted = np.zeros(size, np.float32)
    wanted[5:30, 10:40] = 1
    wanted[10:20, 15:30] = 0
    np.testing.assert_array_equal(likely, wanted)
