from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from inference_server.models.model_files import ModelError
from inference_server.models.page_model import CLASSES, PageModel
from tests.training.pages.made import twelve
from training.datasets.pages import crops
from training.export import page_export
from training.export.small_weights import with_small_weights
from training.learning.pages import fitting
from training.learning.pages.fitting import Fit, RunError
from training.pages import folder, making
from training.pages.capture import Medium

SMALL = Fit(steps=100, squares=12, batch=2, widths=(8, 8))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn")
    for number in range(2):
        folder.store(making.drawn(twelve(4.0), "2x1", Medium.CLEAN, number, vary=False), out, f"{number:05d}")
    return out


@pytest.fixture(scope="module")
def run(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    fitting.fit(crops.drawn_pages(drawn), SMALL, out, lambda *_: None)
    return out


def test_a_hundred_steps_tell_the_grid_from_paper(drawn: Path, run: Path) -> None:
    model, settings = fitting.fitted(run)
    assert settings == SMALL
    counts = fitting.confusion(model, crops.drawn_pages(drawn), 4)
    said = page_export.scores(counts)
    assert said["grid/overlap"] > 0.4
    assert said["paper/overlap"] > 0.6
    assert counts.sum() == 2 * 4 * crops.SIDE**2


def test_a_stopped_run_goes_on_and_an_unfinished_one_is_not_exported(drawn: Path, tmp_path: Path) -> None:
    pages = crops.drawn_pages(drawn)

    class StopError(Exception):
        pass

    def stop(done: int, _loss: float) -> None:
        if done == 50:
            raise StopError

    settings = Fit(steps=52, squares=1, batch=1, widths=(4, 4))
    with pytest.raises(StopError):
        fitting.fit(pages, settings, tmp_path, stop)
    with pytest.raises(RunError, match="50 of 52"):
        fitting.fitted(tmp_path)
    told: list[int] = []
    fitting.fit(pages, settings, tmp_path, lambda done, _loss: told.append(done))
    assert told == [52]
    with pytest.raises(RunError, match="other settings"):
        fitting.fit(pages, Fit(steps=53), tmp_path, stop)


def test_what_is_converted_says_what_was_trained_and_what_is_served_nearly(
    drawn: Path, run: Path, tmp_path: Path
) -> None:
    path = page_export.export_run(run, drawn, drawn, tmp_path, "1")
    assert path.stat().st_size < page_export.MOST_BYTES
    served = PageModel.load(tmp_path / "ecg-page" / "1")
    pixels, _ = crops.read(crops.drawn_pages(drawn)[0])
    whole = served.probabilities(pixels)
    assert whole.shape == (*pixels.shape[:2], len(CLASSES))
    np.testing.assert_allclose(served.ink(pixels), whole[..., 1] + whole[..., 3], atol=1e-6)
    model, _ = fitting.fitted(run)
    logits = model.predict_on_batch(pixels[None, :256, :256])[0]
    wanted = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    converted = page_export.to_onnx(model)
    rounded = with_small_weights(converted)
    said = []
    for graph in (converted, rounded):
        session = onnxruntime.InferenceSession(graph.SerializeToString())
        said.append(session.run(["probabilities"], {"pixels": pixels[None, :256, :256]})[0][0, :150, :150])
    np.testing.assert_allclose(said[0], wanted[:150, :150], atol=1e-3)
    np.testing.assert_allclose(whole[:150, :150], said[1], atol=1e-3)
    assert np.abs(whole[:150, :150] - wanted[:150, :150]).mean() < page_export.MOST_ROUNDING


def test_tiles_say_what_the_whole_picture_says(
    run: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_export.export_run(run, drawn, drawn, tmp_path, "1")
    served = PageModel.load(tmp_path / "ecg-page" / "1")
    pixels, _ = crops.read(crops.drawn_pages(drawn)[0])
    whole = served.probabilities(pixels)
    monkeypatch.setattr("inference_server.models.page_model._TILE", 192)
    tiled = served.probabilities(pixels)
    np.testing.assert_allclose(tiled, whole, atol=1e-3)


def test_a_file_of_other_classes_is_refused(run: Path, drawn: Path, tmp_path: Path) -> None:
    from training.export import model_file

    model = page_export.to_onnx(fitting.fitted(run)[0])
    metadata = {
        "format": "beatlens-page/1",
        "name": "ecg-page",
        "classes": ["trace", "paper"],
        "pixels_per_mm": [4, 8],
        "step": 32,
        "training_run": "a",
        "data_digest": "b",
        "scores": {},
        "licence": "c",
    }
    model_file.write(model, metadata, {}, tmp_path / "1")
    with pytest.raises(ModelError, match="classes"):
        PageModel.load(tmp_path / "1")


def test_a_folder_without_pages_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(crops.NoPagesError, match="python -m training pages"):
        crops.drawn_pages(tmp_path)
