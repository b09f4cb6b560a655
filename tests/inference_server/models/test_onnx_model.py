from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from ecg.pictures.canonical import to_pixels
from inference_server.classification import ConfidentAnswers, LeadAnswers, TrainingProfile
from inference_server.models.model_input import ModelInput
from inference_server.models.onnx_model import ModelError, OnnxModel
from inference_server.models.pixels_as_sent import Colour, Resample, Steps
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import CLASSES, HEIGHT, WIDTH, write_model


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        OnnxModel.load(folder)
    return str(caught.value)


@pytest.mark.parametrize("classes", [6, 7, 8])
def test_the_classes_come_from_the_file(tmp_path: Path, classes: int) -> None:
    model = OnnxModel.load(write_model(tmp_path, classes=classes))
    assert [(beat_class.short, beat_class.name) for beat_class in model.info.classes] == CLASSES[:classes]
    pixels = np.stack([to_pixels(picture(0), height=HEIGHT, width=WIDTH)] * 3)
    scores = model.run(pixels)
    assert scores.probabilities.shape == (3, classes)
    assert scores.ood_score.shape == (3,)
    assert model.activation_maps(pixels).shape[::3] == (3, classes)


def test_the_file_describes_itself(tmp_path: Path) -> None:
    info = OnnxModel.load(write_model(tmp_path, version="12")).info
    assert (info.name, info.version, info.input_height, info.input_width) == ("arrhythmia", "12", HEIGHT, WIDTH)
    assert info.scores == {"beats-10fold/accuracy": 0.5}
    assert info.training_run == "bands"
    assert info.licence_notice.startswith("Made for tests")
    assert len(info.digest) == 64


def test_a_file_may_tell_what_it_answers_to_beats_like_its_own(tmp_path: Path) -> None:
    assert OnnxModel.load(write_model(tmp_path, version="1")).info.profile is None
    stored = json.dumps({"class_shares": {"NORMAL": 0.75, "PVC": 0.25}, "mean_confidence": 0.9})
    profile = OnnxModel.load(write_model(tmp_path, version="2", metadata={"profile": stored})).info.profile
    assert profile == TrainingProfile({"NORMAL": 0.75, "PVC": 0.25}, 0.9)


def test_a_file_may_tell_how_often_confident_answers_are_right(tmp_path: Path) -> None:
    assert OnnxModel.load(write_model(tmp_path, version="1")).info.confident_answers == ()
    group = {"classes": ["NORMAL", "PAC"], "people": 812, "answers": 20311, "right": 0.984, "right_by_person": 0.981}
    told = OnnxModel.load(write_model(tmp_path, version="2", metadata={"confident_answers": json.dumps([group])}))
    assert told.info.confident_answers == (ConfidentAnswers(("NORMAL", "PAC"), 812, 20311, 0.984, 0.981),)
    group["right"] = 98.4
    complaint = refusal(write_model(tmp_path, version="3", metadata={"confident_answers": json.dumps([group])}))
    assert "confident_answers.0.right" in complaint


def test_a_file_may_have_other_thresholds_for_leads_that_it_did_not_learn_from(tmp_path: Path) -> None:
    plain = OnnxModel.load(write_model(tmp_path, version="1"))
    assert plain.info.lead_answers == ()
    assert plain.thresholds_in("II") == plain.thresholds.never_confident()
    shorts = [short for short, _ in CLASSES[:7]]
    decision = {"min_probability": dict.fromkeys(shorts, 0.2), "min_confidence": dict.fromkeys(shorts, 0.75)}
    group = {"classes": ["PVC"], "people": 40, "answers": 90, "right": 0.98, "right_by_person": 0.97}
    known = [
        {"leads": ["I", "II"], "learned": True, "confident_answers": []},
        {"leads": ["V1"], "learned": False, "confident_answers": [group], "decision": decision},
    ]
    model = OnnxModel.load(write_model(tmp_path, version="2", metadata={"lead_answers": json.dumps(known)}))
    assert model.info.lead_answers == (
        LeadAnswers(("I", "II"), True, ()),
        LeadAnswers(("V1",), False, (ConfidentAnswers(("PVC",), 40, 90, 0.98, 0.97),)),
    )
    assert model.thresholds_in("MLII") == model.thresholds
    assert model.thresholds_in("V1").min_confidence == (0.75,) * 7
    assert model.thresholds_in("V1").max_ood_score == model.thresholds.max_ood_score
    assert min(model.thresholds_in("V2").min_confidence) > 1
    del decision["min_confidence"]["PVC"]
    assert "PVC" in refusal(write_model(tmp_path, version="3", metadata={"lead_answers": json.dumps(known)}))


def test_the_description_says_whether_beats_are_read_by_the_ink(tmp_path: Path) -> None:
    stated = json.dumps({"height": HEIGHT, "width": WIDTH, "channels": 1, "reading": "ink"})
    assert OnnxModel.load(write_model(tmp_path, version="1", metadata={"input": stated})).info.reads_ink
    assert not OnnxModel.load(write_model(tmp_path, version="2")).info.reads_ink


@pytest.mark.parametrize(
    "name", ["format", "name", "classes", "input", "decision", "training_run", "data_digest", "scores", "licence"]
)
def test_missing_metadata_is_named(tmp_path: Path, name: str) -> None:
    assert refusal(write_model(tmp_path, metadata={name: None})) == f"model.onnx lacks metadata: {name}."


def test_all_missing_metadata_is_named_at_once(tmp_path: Path) -> None:
    folder = write_model(tmp_path, metadata={"classes": None, "licence": None})
    assert refusal(folder) == "model.onnx lacks metadata: classes, licence."


DECISION = {"min_probability": {short: 0.1 for short, _ in CLASSES}, "max_distance": 1.0}
GROUPED = {**DECISION, "min_confidence": {short: 2.0 if short == "PVC" else 0.9 for short, _ in CLASSES}}


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"format": "beatlens/2"}, "has format 'beatlens/2'"),
        ({"classes": "NORMAL,PVC"}, "classes is not JSON"),
        ({"classes": json.dumps([{"short": "NORMAL", "name": "Normal"}])}, "classes: List should have at least 2"),
        ({"classes": json.dumps([{"short": "normal", "name": "Normal"}] * 2)}, "classes.0.short"),
        ({"classes": json.dumps([{"short": "PVC", "name": "P"}] * 2)}, "names a class twice"),
        ({"input": json.dumps({"height": 32, "width": 48, "channels": 3})}, "input.channels"),
        ({"input": json.dumps({"height": 64, "width": 96, "channels": 1})}, "the graph takes [32, 48, 1]"),
        (
            {"decision": json.dumps({"min_probability": {"NORMAL": 0.1}, "max_distance": 1})},
            "no min_probability for LBBB, RBBB, PAC, PVC, VF, PACED",
        ),
        ({"decision": json.dumps({"min_probability": {}})}, "decision.max_distance"),
        (
            {"decision": json.dumps({**DECISION, "min_confidence": {"NORMAL": 0.9, "LBBB": 2}})},
            "no min_confidence for RBBB, PAC, PVC, VF, PACED",
        ),
        ({"decision": json.dumps({**DECISION, "groups": [["NORMAL", "PAC"]]})}, "groups, but no min_confidence"),
        ({"decision": json.dumps({**GROUPED, "groups": [["NORMAL", "SVT"]]})}, "groups SVT, which is no class"),
        ({"decision": json.dumps({**GROUPED, "groups": [["NORMAL", "PAC"], ["PAC", "PVC"]]})}, "in two groups"),
        ({"decision": json.dumps({**GROUPED, "groups": [["NORMAL", "PVC"]]})}, "several min_confidence for one group"),
    ],
)
def test_unusable_metadata_is_explained(tmp_path: Path, metadata: dict[str, str | None], why: str) -> None:
    assert why in refusal(write_model(tmp_path, metadata=metadata))


def test_what_confidence_asks_for_is_read_where_a_file_says_it(tmp_path: Path) -> None:
    thresholds = {short: 0.5 + place / 100 for place, (short, _) in enumerate(CLASSES[:7])}
    strict = json.dumps({**DECISION, "min_confidence": dict(reversed(thresholds.items()))})
    model = OnnxModel.load(write_model(tmp_path, metadata={"decision": strict}))
    assert model.thresholds.min_confidence == tuple(thresholds.values())
    assert OnnxModel.load(write_model(tmp_path, version="2")).thresholds.min_confidence == ()


def test_groups_of_classes_are_read_where_a_file_says_them_and_all_others_stand_alone(tmp_path: Path) -> None:
    grouped = json.dumps({**GROUPED, "groups": [["PAC", "NORMAL"]]})
    model = OnnxModel.load(write_model(tmp_path, metadata={"decision": grouped}))
    assert model.thresholds.groups == ((1,), (2,), (3, 0), (4,), (5,), (6,))
    assert OnnxModel.load(write_model(tmp_path, version="2")).thresholds.groups == ()


def test_a_class_list_that_does_not_fit_the_graph(tmp_path: Path) -> None:
    eight = json.dumps([{"short": short, "name": name} for short, name in CLASSES])
    decision = json.dumps(DECISION)
    folder = write_model(tmp_path, classes=7, metadata={"classes": eight, "decision": decision})
    assert "expected (1, 8)" in refusal(folder)


@pytest.mark.parametrize("name", ["probabilities", "distance", "activation_maps"])
def test_a_missing_output_is_named(tmp_path: Path, name: str) -> None:
    def leave_out(model: onnx.ModelProto) -> None:
        output = next(output_info for output_info in model.graph.output if output_info.name == name)
        model.graph.output.remove(output)

    assert f"lacks outputs: {name}" in refusal(write_model(tmp_path, change=leave_out))


def test_another_input_is_refused(tmp_path: Path) -> None:
    def rename(model: onnx.ModelProto) -> None:
        model.graph.input[0].name = "image"
        model.graph.node[0].input[0] = "image"

    assert "must take one input, pixels tensor(uint8) [N, H, W, 1]; it takes image" in refusal(
        write_model(tmp_path, change=rename)
    )


def test_a_file_may_state_how_another_program_made_its_pixels(tmp_path: Path) -> None:
    model = OnnxModel.load(write_model(tmp_path, channels=3))
    assert model.input == ModelInput(HEIGHT, WIDTH, 3, Steps(Resample.NEAREST, Colour.RGB))
    assert model.info.input_channels == 3
    view = model.input.view(picture(2, mode="RGB"))
    assert model.run(view.pixels[None]).probabilities[0].argmax() == 2


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ({"channels": 3, "resample": "nearest"}, "resample and colour belong together"),
        ({"channels": 3, "resample": "nearest", "colour": "grey"}, "input.channels is 3, grey pixels have 1"),
        ({"channels": 1, "resample": "nearest", "colour": "bgr"}, "input.channels is 1, bgr pixels have 3"),
        ({"channels": 3, "resample": "soft", "colour": "rgb"}, "input.resample"),
        ({"channels": 1, "sharpen": True}, "input.sharpen: Extra inputs are not permitted"),
    ],
)
def test_steps_that_this_server_can_not_do_are_refused(tmp_path: Path, steps: dict[str, object], why: str) -> None:
    stated = json.dumps({"height": HEIGHT, "width": WIDTH, **steps})
    assert why in refusal(write_model(tmp_path, channels=3, metadata={"input": stated}))


def test_a_digest_that_does_not_match(tmp_path: Path) -> None:
    assert "does not match its digest" in refusal(write_model(tmp_path, sidecar={"sha256": "0" * 64}))


def test_a_version_that_is_not_its_folder(tmp_path: Path) -> None:
    assert "says version '2', but the folder is '1'" in refusal(write_model(tmp_path, sidecar={"version": "2"}))


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    import hashlib

    folder = write_model(tmp_path)
    (folder / "model.onnx").write_bytes(b"no model")
    digest = hashlib.sha256(b"no model").hexdigest()
    (folder / "metadata.json").write_text(json.dumps({"version": "1", "sha256": digest}))
    assert "not a usable ONNX model" in refusal(folder)


@pytest.mark.parametrize("name", ["model.onnx", "metadata.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_model(tmp_path)
    (folder / name).unlink()
    assert refusal(folder) == f"{name} is missing."


def test_a_damaged_sidecar_is_explained(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    (folder / "metadata.json").write_text("{")
    assert refusal(folder).startswith("metadata.json is not usable")
