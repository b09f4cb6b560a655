"""The model file for recordings: says what Keras says, whatever comes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from ecg.classes import LBBB, NORMAL, PAC
from ecg.features.arrival import ARRIVAL
from ecg.features.conduction import CONDUCTION
from ecg.features.stream import FEATURES
from inference_server.models.decision import Thresholds
from inference_server.models.recording_course import CourseRule
from inference_server.models.second_look import NUMBERS, Rule
from training.datasets.recordings.labelling import CLASSES, bits
from training.export import recording_model
from training.export.recording_model import ARRAYS, Decided, RecordingExportError, Served, export, parity_of, to_onnx
from training.learning.calibration import Scaling
from training.learning.recordings import network, trees
from training.learning.recordings.calibrating import Calibration
from training.learning.recordings.fitting import with_trees
from training.learning.recordings.network import Spread

Inputs = dict[str, np.ndarray]

_NUMBERS = ("features", "arrival", "conduction", "intervals")
_OF_LEADS = ("windows", "difference", "strip", "leads")


@pytest.fixture(scope="module")
def served() -> Served:
    generator = np.random.default_rng(3)
    spreads = [Spread.of(generator.normal(size=(50, len(names))).astype(np.float32)) for names in (FEATURES, ARRIVAL)]
    inputs = {name: _inputs(800, 1, 0.1)[name] for name in _NUMBERS}
    grown = []
    for numbers, question, label in (
        (np.asarray(network.numbers_of(inputs)), trees.KINDS, bits(PAC)),
        (inputs["conduction"], trees.CONDUCTION, bits(LBBB)),
    ):
        labels = np.where(numbers[:, 1] > 1, label, bits(NORMAL)).astype(np.uint8)
        grown.append(trees.fit(numbers, labels, question, iterations=5, seed=0))
    networks = [with_trees(network.build(*spreads), grown[0], grown[1], 0.5) for _ in range(2)]
    return Served(networks, Scaling(1.3, (0, 0.1, 0, -0.5, 0, 0)))


@pytest.fixture(scope="module")
def model(served: Served) -> onnx.ModelProto:
    return to_onnx(served)


def _inputs(beats: int, leads: int, missing: float = 0.0) -> Inputs:
    generator = np.random.default_rng(beats + leads)
    shapes = {
        "windows": (beats, leads, 192),
        "difference": (beats, leads, 192),
        "strip": (beats, leads, 864),
        "intervals": (beats, 96),
        "features": (beats, len(FEATURES)),
        "arrival": (beats, len(ARRIVAL)),
        "conduction": (beats, len(CONDUCTION)),
    }
    inputs = {name: generator.normal(0.8, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    inputs["leads"] = np.tile(np.arange(leads, dtype=np.float32), (beats, 1))
    for values in inputs.values():
        values[generator.random(values.shape) < missing] = np.nan
    return inputs


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _ask(model: onnx.ModelProto, inputs: Inputs) -> np.ndarray:
    return np.asarray(_session(model).run(["probabilities"], inputs)[0])


def test_it_says_what_keras_says_of_any_number_of_beats_and_leads(served: Served, model: onnx.ModelProto) -> None:
    samples = [_inputs(1, 1), _inputs(7, 2, 0.1), _inputs(3, 12, 0.5), _inputs(2, 3, 1.0)]
    assert parity_of(served, model, samples) <= recording_model.TOLERANCE


def test_inputs_are_the_arrays_of_the_stream_by_name(model: onnx.ModelProto) -> None:
    inputs = _session(model).get_inputs()
    assert {value.name: value.type for value in inputs} == dict.fromkeys(ARRAYS, "tensor(float)")
    assert [value.name for value in _session(model).get_outputs()] == ["probabilities"]


def test_the_order_of_leads_makes_no_difference(model: onnx.ModelProto) -> None:
    inputs = _inputs(5, 4, 0.05)
    turned = {name: values[:, ::-1] if name in _OF_LEADS else values for name, values in inputs.items()}
    np.testing.assert_allclose(
        _ask(model, inputs),
        _ask(model, {name: np.ascontiguousarray(values) for name, values in turned.items()}),
        atol=1e-5,
    )


def test_probabilities_add_up_whatever_is_unknown(model: onnx.ModelProto) -> None:
    said = _ask(model, {name: np.full_like(values, np.nan) for name, values in _inputs(2, 2).items()})
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)


def test_the_file_says_what_it_reads_and_how_it_decides(served: Served, tmp_path: Path) -> None:
    thresholds = Thresholds((0.1,) * 6, np.inf, (0.9,) * 6, tuple((place,) for place in range(6)))
    weights = np.arange(3.0 * len(NUMBERS)).reshape(3, -1)
    rule = Rule(np.zeros(len(NUMBERS)), np.ones(len(NUMBERS)), weights, np.array([0.5, 0, 0]))
    course = CourseRule((1 / 6,) * 6, rule)
    path = export(
        served.networks,
        Decided(Calibration(Scaling(1.3, (0,) * 6), course), thresholds, {"people-5fold/accuracy": 0.9}),
        [_inputs(2, 2)],
        tmp_path / "1",
        facts={"settings": []},
        licence="Contains information.",
        digest="d",
    )
    metadata = _session(onnx.load(path)).get_modelmeta().custom_metadata_map
    assert metadata["format"] == "beatlens-recording/1"
    assert json.loads(metadata["features"]) == list(FEATURES)
    assert json.loads(metadata["arrays"]) == list(ARRAYS)
    assert [kind["short"] for kind in json.loads(metadata["classes"])] == [kind.short for kind in CLASSES]
    assert json.loads(metadata["decision"])["min_confidence"]["PVC"] == 0.9
    assert sum(json.loads(metadata["shares"]).values()) == pytest.approx(1, abs=1e-5)
    stated = Rule.stated(json.loads(metadata["second_look"]))
    np.testing.assert_array_equal(stated.weights, rule.weights)
    np.testing.assert_array_equal(stated.base, rule.base)
    assert metadata["licence"] == "Contains information."
    assert path.stat().st_size < 4e6


def test_what_differs_from_keras_is_not_written(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_model, "parity_of", lambda *_: 1e-3)
    calibration = Calibration(Scaling(1.0, (0,) * 6), CourseRule((1 / 6,) * 6))
    decided = Decided(calibration, Thresholds((0.0,) * 6, 1.0, (0.9,) * 6), {})
    with pytest.raises(RecordingExportError, match="differ by"):
        export(served.networks, decided, [], tmp_path / "1", facts={}, licence="", digest="")
    assert not (tmp_path / "1").exists()
