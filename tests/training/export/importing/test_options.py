"""What people write about the old program."""

from __future__ import annotations

import json

import pytest

from inference_server.models.model_input import ModelInput
from inference_server.models.pixels_as_sent import Colour, Resample, Steps
from training.export.importing.options import (
    ImportRefused,
    Preprocessing,
    parse_classes,
    parse_colour,
    parse_offset,
    parse_resample,
    parse_rescale,
    parse_size,
)


@pytest.mark.parametrize(
    "text",
    [
        "1/255",
        "1./255",
        "1/255.",
        "1.0/255.0",
        " 1. / 255 ",
        "(1/255)",
        "1/(5*51)",
        "1/5/51",
        "rescale=1./255",
        "rescale = 1./255",
        "scale=1/255",
        "0.00392156862745098",
        "3.92156862745098e-3",
        ".00392156862745098",
        "+1/255",
        "--1/255",
        "2/255*.5",
    ],
)
def test_a_factor_is_read_as_people_write_it(text: str) -> None:
    assert parse_rescale(text) == pytest.approx(1 / 255)


def test_one_is_a_factor_too() -> None:
    assert parse_rescale("1") == 1.0
    assert parse_rescale("1/127.5") == pytest.approx(1 / 127.5)


def test_channels_may_have_factors_and_offsets_of_their_own() -> None:
    assert parse_rescale("1/255/.229, 1/255/.224, 1/255/.225") == pytest.approx(
        (0.017125, 0.017507, 0.017429), abs=1e-6
    )
    assert parse_offset("-103.939,-116.779,-123.68") == (-103.939, -116.779, -123.68)
    assert parse_offset("-1") == -1.0
    assert parse_offset("offset=-1") == -1.0


@pytest.mark.parametrize(
    "text",
    [
        "bright",
        "",
        "1/0",
        "1/255; import os",
        "__import__('os').system('true')",
        "(lambda: 1)()",
        "[1 for _ in range(10)]",
        "9**9**9",
        "1 << 99999",
        "1e999",
        "inf",
        "nan",
        "True",
        "'1'",
        "1j",
        "1+1",
        "x/255",
        "0,5",
        "1/255,1/255",
        "1" * 101,
        "(" * 50 + "1" + ")" * 50,
        "-" * 99 + "x",
    ],
)
def test_nothing_else_is_read_and_nothing_is_run(text: str) -> None:
    with pytest.raises(ImportRefused, match="--rescale"):
        parse_rescale(text)


@pytest.mark.parametrize("text", ["-1", "0", "1/255,0,1/255"])
def test_a_factor_is_positive(text: str) -> None:
    with pytest.raises(ImportRefused, match="not a positive number"):
        parse_rescale(text)


@pytest.mark.parametrize("text", ["wide", "0x5", "100x", "1000x1", "-3x4"])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(ImportRefused, match="--size"):
        parse_size(text, "size")


def test_ways_to_resize_and_colours_are_known_by_name() -> None:
    assert parse_resample("canonical") is None
    assert parse_resample("nearest") is Resample.NEAREST
    assert parse_colour("bgr") is Colour.BGR
    with pytest.raises(ImportRefused, match="nearest, bilinear, bicubic"):
        parse_resample("soft")
    with pytest.raises(ImportRefused, match="rgb, bgr, grey"):
        parse_colour("cmyk")


def test_classes_may_be_known_names_or_ones_own() -> None:
    classes = parse_classes("Premature Ventricular Contractions, normal, LBB, FUSION=Fusion Beat")
    assert [(beat_class.short, beat_class.name) for beat_class in classes] == [
        ("PVC", "Premature Ventricular Contraction"),
        ("NORMAL", "Normal"),
        ("LBBB", "Left Bundle Branch Block"),
        ("FUSION", "Fusion Beat"),
    ]


@pytest.mark.parametrize(
    ("preprocessing", "channels", "takes"),
    [
        (Preprocessing(1.0), 3, ModelInput(64, 96)),
        (Preprocessing(1.0, drawn=(100, 100)), 1, ModelInput(64, 64)),
        (
            Preprocessing(1.0, resample=Resample.NEAREST),
            3,
            ModelInput(64, 64, 3, Steps(Resample.NEAREST, Colour.RGB)),
        ),
        (
            Preprocessing(1.0, resample=Resample.BICUBIC),
            1,
            ModelInput(64, 64, 1, Steps(Resample.BICUBIC, Colour.GREY)),
        ),
        (
            Preprocessing(1.0, resample=Resample.LINEAR, colour=Colour.BGR),
            3,
            ModelInput(64, 64, 3, Steps(Resample.LINEAR, Colour.BGR)),
        ),
    ],
)
def test_the_model_file_states_what_the_old_program_did(
    preprocessing: Preprocessing, channels: int, takes: ModelInput
) -> None:
    assert preprocessing.model_input(64, 64, channels) == takes
    assert Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json()))) == preprocessing


def test_numbers_and_colours_have_to_fit_the_channels() -> None:
    with pytest.raises(ImportRefused, match="--colour rgb has 3 channels, the network takes 1"):
        Preprocessing(1.0, colour=Colour.RGB).model_input(64, 64, 1)
    with pytest.raises(ImportRefused, match="--offset has 3 numbers, the network takes 1 channels"):
        Preprocessing(1.0, offset=(1.0, 2.0, 3.0)).numbers(1)
