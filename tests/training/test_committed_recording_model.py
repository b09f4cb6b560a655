"""What the model for recordings in the repository promises, from its file and the stored tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from ecg.features.stream import FEATURES, beat_blocks
from ecg.recording import Recording
from inference_server.models.recording_model import ARRAYS, FORMAT, RecordingModel, arrays_of
from training.databases.registry import DATABASES
from training.datasets.recordings.preparation import NAMES
from training.evaluation.recordings import card
from training.export.recording_model import TOLERANCE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models" / "arrhythmia-recording"
VERSION = FOLDER / "3"
RESULTS = ROOT / "results"
OF_LEADS = ("windows", "difference", "strip", "leads")


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(VERSION / "model.onnx", providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def metadata() -> dict[str, object]:
    found: dict[str, object] = json.loads((VERSION / "metadata.json").read_text(encoding="utf-8"))
    return found


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(RESULTS / f"arrhythmia-recording.{name}.csv", keep_default_na=False)


def test_it_is_small_and_agrees_with_keras(metadata: dict[str, object]) -> None:
    assert (VERSION / "model.onnx").stat().st_size <= 2_000_000
    parity = metadata["parity"]
    assert isinstance(parity, float)
    assert parity <= TOLERANCE


def test_the_server_reads_it() -> None:
    model = RecordingModel.load(VERSION)
    assert model.info.name == "arrhythmia-recording"
    assert [kind.short for kind in model.info.classes] == ["NORMAL", "LBBB", "RBBB", "PAC", "PVC", "PACED"]


def test_it_says_what_it_reads(session: onnxruntime.InferenceSession) -> None:
    stated = session.get_modelmeta().custom_metadata_map
    assert stated["format"] == FORMAT
    assert json.loads(stated["features"]) == list(FEATURES)
    assert set(json.loads(stated["arrays"])) <= set(ARRAYS)
    assert {value.name for value in session.get_inputs()} == set(json.loads(stated["arrays"]))


@pytest.mark.parametrize("name", NAMES)
def test_it_names_everybody_whose_recordings_are_in_it(session: onnxruntime.InferenceSession, name: str) -> None:
    assert DATABASES[name].notice in session.get_modelmeta().custom_metadata_map["licence"]
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    assert DATABASES[name].title in notice
    assert DATABASES[name].address in notice


def test_leads_in_any_order_and_gaps_make_probabilities(session: onnxruntime.InferenceSession) -> None:
    time = np.arange(40 * 360)
    beats = np.exp(-0.5 * (((time % 300) - 150) / 4) ** 2)
    leads = np.stack([beats, -0.5 * beats, 0.3 * beats]).astype(np.float32)
    leads[1, 5000:6000] = np.nan
    names_of_arrays = tuple(json.loads(session.get_modelmeta().custom_metadata_map["arrays"]))
    said = []
    for order in ([0, 1, 2], [2, 0, 1]):
        names = tuple(("I", "II", "V1")[place] for place in order)
        recording = Recording.of_array(leads[order], leads=names, rate=360)
        block = next(iter(beat_blocks(recording)))
        arrays = arrays_of(block, names_of_arrays)
        said.append(np.asarray(session.run(["probabilities"], arrays)[0]))
        turned = {name: values[:, ::-1] if name in OF_LEADS else values for name, values in arrays.items()}
        again = session.run(["probabilities"], {name: np.ascontiguousarray(values) for name, values in turned.items()})
        np.testing.assert_allclose(again[0], said[-1], atol=1e-5)
    assert len(said[0]) == len(said[1]) > 30
    np.testing.assert_allclose(said[0].sum(axis=1), 1, atol=1e-5)


def test_the_card_is_what_the_tables_say() -> None:
    assert (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8") == card.card(VERSION, RESULTS)
