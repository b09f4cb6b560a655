from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from ecg.features.stream import FEATURES, beat_blocks
from ecg.leads import STANDARD
from inference_server.models.model_files import ModelError
from inference_server.models.recording_model import ARRAYS, RecordingModel, arrays_of
from tests.inference_server.recordings_of_tests import recording, with_gap
from tests.inference_server.tiny_models import write_model
from tests.inference_server.tiny_recording_models import CLASSES, write_recording_model

_EVEN = json.dumps({short: 1 / len(CLASSES) for short, _ in CLASSES})


def test_a_file_that_keeps_the_contract_says_what_it_is(tmp_path: Path) -> None:
    model = RecordingModel.load(write_recording_model(tmp_path, version="3"))
    assert (model.info.name, model.info.version, model.info.training_run) == ("arrhythmia-recording", "3", "strength")
    assert [kind.short for kind in model.info.classes] == [short for short, _ in CLASSES]
    assert model.thresholds.min_confidence == (0.6,) * len(CLASSES)


@pytest.mark.parametrize("leads", [("II",), ("II", "V1"), tuple(f"V{number}" for number in range(12))])
def test_every_beat_of_a_block_gets_probabilities_whatever_is_unknown(tmp_path: Path, leads: tuple[str, ...]) -> None:
    model = RecordingModel.load(write_recording_model(tmp_path))
    whole = with_gap(recording(60, leads=leads), 20, 40, slice(1))
    for block in beat_blocks(whole):
        probabilities = model.probabilities(block)
        assert probabilities.shape == (len(block), len(CLASSES))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_probabilities_of_a_beat_are_those_of_the_beat_alone(tmp_path: Path) -> None:
    model = RecordingModel.load(write_recording_model(tmp_path))
    block = next(beat_blocks(recording(30)))
    arrays = arrays_of(block, tuple(ARRAYS))
    assert {name: values.shape[1:] for name, values in arrays.items()} == {
        "windows": (2, 192),
        "usual": (2, 192),
        "difference": (2, 192),
        "strip": (2, 864),
        "intervals": (96,),
        "features": (60,),
        "arrival": (32,),
        "conduction": (41,),
        "leads": (2,),
    }
    assert arrays["leads"][7].tolist() == [STANDARD.index("II"), STANDARD.index("V1")]
    np.testing.assert_array_equal(arrays["arrival"], block.arrival)
    np.testing.assert_array_equal(arrays["conduction"], block.conduction)
    for place, beat in enumerate(block.beats()):
        for name, values in arrays.items():
            if name in ("arrival", "conduction", "leads"):
                continue
            np.testing.assert_array_equal(values[place], getattr(beat, name))
    assert len(model.probabilities(block)) == len(block) > 30


@pytest.mark.parametrize(
    "name",
    ["name", "classes", "arrays", "features", "decision", "training_run", "data_digest", "scores", "licence", "format"],
)
def test_a_file_that_lacks_a_part_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=f"lacks metadata: {name}"):
        RecordingModel.load(write_recording_model(tmp_path, metadata={name: None}))


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"format": "beatlens/1"}, "this server reads 'beatlens-recording/1'"),
        ({"arrays": '["windows"]'}, "the graph takes"),
        ({"arrays": '["windows", "moods"]'}, "names moods"),
        ({"features": json.dumps(list(FEATURES)[::-1])}, "not what this server measures"),
        ({"decision": '{"min_probability": {"PVC": 0.5}}'}, "no min_probability for NORMAL"),
        ({"classes": "[]"}, "metadata is not usable: classes"),
        ({"scores": "none"}, "metadata scores is not JSON"),
        ({"shares": '{"NORMAL": 1.0}'}, "metadata shares must be of NORMAL"),
        ({"shares": _EVEN, "second_look": '{"numbers": {}, "base": {}}'}, "second_look isn't a rule"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, metadata: dict[str, str], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        RecordingModel.load(write_recording_model(tmp_path, metadata=dict(metadata)))


def test_a_graph_that_takes_one_number_of_leads_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="windows must be float32"):
        RecordingModel.load(write_recording_model(tmp_path, leads=2))


def test_a_graph_whose_probabilities_are_none_is_refused(tmp_path: Path) -> None:
    def no_softmax(model: onnx.ModelProto) -> None:
        model.graph.node[-1].op_type = "Identity"
        del model.graph.node[-1].attribute[:]

    with pytest.raises(ModelError, match="do not add up to 1"):
        RecordingModel.load(write_recording_model(tmp_path, change=no_softmax))


def test_a_model_of_pictures_is_none_of_recordings(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lacks metadata: arrays, features"):
        RecordingModel.load(write_model(tmp_path))
