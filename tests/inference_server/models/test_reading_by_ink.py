"""A model whose file says that the beat is read by its ink."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.pictures.ink.extent import Extent
from ecg.pictures.ink.reading import ink_pixels
from inference_server.classification import NotABeat, Verdict
from inference_server.models.classifier import Classifier
from inference_server.models.onnx_model import ModelError, OnnxModel
from tests.inference_server.tiny_models import HEIGHT, WIDTH, write_model

BY_INK = {"height": HEIGHT, "width": WIDTH, "channels": 1, "reading": "ink"}


def wave(beats: int, *, width: int = 600, height: int = 200) -> Image.Image:
    """A line with so many QRS complexes, evenly spaced, black on white."""
    x = np.arange(width, dtype=float)
    y = np.full(width, height * 0.65)
    for beat in range(beats):
        centre = width * (beat + 0.5) / beats
        y -= height * 0.5 * np.exp(-(((x - centre) / 5) ** 2))
        y -= height * 0.08 * np.exp(-(((x - centre - width / beats * 0.25) / (width / beats * 0.06)) ** 2))
    picture = Image.new("L", (width, height), 255)
    ImageDraw.Draw(picture).line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=0, width=2)
    return picture


def encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = write_model(tmp_path_factory.mktemp("models"), metadata={"input": json.dumps(BY_INK)})
    return Classifier(OnnxModel.load(folder))


def test_one_beat_is_redrawn_for_the_model(classifier: Classifier) -> None:
    view = classifier.model.input.view(encoded(wave(1)))
    assert view.reason is None
    assert (view.pixels[:, :, 0] == ink_pixels(wave(1), height=HEIGHT, width=WIDTH)).all()


def test_margins_change_nothing_of_what_is_seen_and_move_where_it_lies(classifier: Classifier) -> None:
    beat = wave(1)
    wide = Image.new("L", (3 * beat.width, 3 * beat.height), 255)
    wide.paste(beat, (beat.width, beat.height))
    close, far = (classifier.model.input.view(encoded(picture)) for picture in (beat, wide))
    assert np.abs(close.pixels.astype(int) - far.pixels).mean() < 2
    assert isinstance(close.place, Extent)
    assert isinstance(far.place, Extent)
    assert far.place.right - far.place.left == pytest.approx(3 * (close.place.right - close.place.left), rel=0.02)


def test_a_strip_is_no_beat_and_its_beats_are_counted(classifier: Classifier) -> None:
    classification = classifier.classify(encoded(wave(5, width=1000))).classification
    assert classification.verdict is Verdict.NOT_A_BEAT
    assert (classification.reason, classification.beats) == (NotABeat.SEVERAL_BEATS, 5)


def test_a_blank_picture_says_so(classifier: Classifier) -> None:
    classification = classifier.classify(encoded(Image.new("L", (300, 200), 255))).classification
    assert (classification.verdict, classification.reason) == (Verdict.NOT_A_BEAT, NotABeat.BLANK)
    assert classification.beats == 0


def test_evidence_lies_over_the_picture_that_was_sent(classifier: Classifier) -> None:
    explanation = classifier.explain(encoded(wave(1)))
    with Image.open(io.BytesIO(explanation.saliency.png())) as overlay:
        assert overlay.size == (600, 200)


def test_an_explanation_has_the_line_that_was_read(classifier: Classifier) -> None:
    beat = wave(1)
    wide = Image.new("L", (2 * beat.width, 2 * beat.height), 255)
    wide.paste(beat, (beat.width, beat.height))
    trace = classifier.explain(encoded(wide)).trace
    assert trace is not None
    (stroke,) = trace.strokes
    x, y = np.array(stroke).T
    # The line ends at the picture's right edge and begins in its middle; its R peak is at three quarters.
    assert [x[0], x[-1]] == pytest.approx([0.5, 1], abs=0.005)
    assert x[y.argmin()] == pytest.approx(0.75, abs=0.005)
    assert y.min() == pytest.approx((200 + 0.15 * 200) / 400, abs=0.01)
    left, top, right, bottom = trace.beat
    assert [left, right] == pytest.approx([0.5, 1], abs=0.01)
    assert top < y.min() < y.max() < bottom


def test_the_line_of_a_strip_is_shown_and_there_is_none_on_blank_paper(classifier: Classifier) -> None:
    strip = classifier.explain(encoded(wave(5, width=1000))).trace
    assert strip is not None
    assert sum(len(stroke) for stroke in strip.strokes) > 100
    assert classifier.explain(encoded(Image.new("L", (300, 200), 255))).trace is None


def test_a_model_that_sees_whole_pictures_has_read_no_line(tmp_path: Path) -> None:
    plain = Classifier(OnnxModel.load(write_model(tmp_path)))
    assert plain.explain(encoded(wave(1))).trace is None


def test_what_a_network_alone_finds_strange_is_unfamiliar(tmp_path: Path) -> None:
    strict = OnnxModel.load(write_model(tmp_path, max_distance=-1.0))
    classification = Classifier(strict).classify(encoded(wave(1))).classification
    assert (classification.verdict, classification.reason) == (Verdict.NOT_A_BEAT, NotABeat.UNFAMILIAR)


def test_reading_goes_with_no_other_programs_steps(tmp_path: Path) -> None:
    stated = {"height": HEIGHT, "width": WIDTH, "channels": 3, "resample": "nearest", "colour": "rgb", "reading": "ink"}
    with pytest.raises(ModelError, match="reading does not go with resample and colour"):
        OnnxModel.load(write_model(tmp_path, channels=3, metadata={"input": json.dumps(stated)}))


def test_scipy_comes_with_a_model_that_reads_by_the_ink_and_with_no_other(tmp_path: Path) -> None:
    folders = {
        "plain": write_model(tmp_path / "plain"),
        "ink": write_model(tmp_path / "ink", metadata={"input": json.dumps(BY_INK)}),
    }
    program = (
        "import sys; from pathlib import Path; from inference_server.models.onnx_model import OnnxModel;"
        "OnnxModel.load(Path(sys.argv[1])); print('scipy.ndimage' in sys.modules)"
    )
    loaded = {
        name: subprocess.run(
            [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, timeout=60
        ).stdout.strip()
        for name, folder in folders.items()
    }
    assert loaded == {"plain": "False", "ink": "True"}
