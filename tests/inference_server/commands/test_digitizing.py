"""``digitize``, and ``analyze`` of pictures, as people and programs use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import wfdb
from PIL import Image

from tests.ecg.pictures.documents import printed
from tests.ecg.pictures.pages import drawn
from tests.inference_server.environment import bare
from tests.inference_server.tiny_recording_models import write_recording_model

BEAT = sorted((Path(__file__).parents[3] / "samples" / "PVC").glob("*.png"))[0]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "Frau Müller.png"
    Image.fromarray(drawn.strip(6).pixels()).save(path)
    return path


def run(command: str, *arguments: object, models: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inference_server", command, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=bare(**({} if models is None else {"BEATLENS_MODELS": str(models)})),
    )


def test_a_picture_becomes_a_record_and_a_picture_of_what_was_read(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = run("digitize", page, "--out", out, "--json")
    assert ran.returncode == 0, ran.stderr
    (line,) = map(json.loads, ran.stdout.splitlines())
    assert (line["kind"], line["leads"][0]["name"], line["calibration"]["speed"]) == ("strip", "II", "print")
    assert sorted(path.name for path in out.iterdir()) == [
        "Frau_Muller.dat",
        "Frau_Muller.hea",
        "Frau_Muller.overlay.png",
    ]
    record = wfdb.rdrecord(str(out / "Frau_Muller"))
    assert (record.sig_name, record.fs) == (["II"], 500)
    assert drawn.difference(np.asarray(record.p_signal)[:, 0], drawn.lead(6)) < 0.1
    with Image.open(out / "Frau_Muller.overlay.png") as overlay:
        assert overlay.format == "PNG"


def test_a_pdf_of_a_cart_becomes_what_it_draws(tmp_path: Path) -> None:
    (tmp_path / "cart.pdf").write_bytes(printed.page([[("V2", drawn.lead(6))]], drawn.RATE))
    ran = run("digitize", tmp_path / "cart.pdf", "--out", tmp_path, "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["warnings"] == []
    record = wfdb.rdrecord(str(tmp_path / "cart"))
    assert record.sig_name == ["V2"]
    np.testing.assert_allclose(np.asarray(record.p_signal)[:, 0], drawn.lead(6), atol=0.003)
    with Image.open(tmp_path / "cart.overlay.png") as overlay:
        assert overlay.size[0] > overlay.size[1]


def test_options_state_what_is_known_of_the_page(page: Path, tmp_path: Path) -> None:
    options = ("--speed", 50, "--lead", "0,0=V1", "--layout", "1x1", "--region", "0,0,5000,5000")
    ran = run("digitize", page, "--out", tmp_path / "out", "--json", *options)
    assert ran.returncode == 0, ran.stderr
    line = json.loads(ran.stdout)
    assert (line["leads"][0]["name"], line["calibration"]["speed"], line["layout"]) == ("V1", "stated", "1x1")
    assert wfdb.rdheader(str(tmp_path / "out" / "Frau_Muller")).sig_len == pytest.approx(3 * 500, abs=25)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--layout", "3x5"),
        ("--speed", "0"),
        ("--corners", "1,2,3"),
        ("--corners", "0,0,9,0,9,9,0,9"),
        ("--region", "a,b,c,d"),
        ("--lead", "II"),
        ("--pixels-per-mv", "80"),
    ],
)
def test_options_that_cannot_be_are_refused_by_their_name(option: str, value: str, page: Path, tmp_path: Path) -> None:
    ran = run("digitize", page, "--out", tmp_path / "out", option, value)
    assert ran.returncode == 2
    assert option in ran.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over(page: Path, tmp_path: Path) -> None:
    (tmp_path / "Frau_Muller.dat").write_bytes(b"mine")
    ran = run("digitize", page, "--out", tmp_path, "--json")
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["error"]["reason"] == "OUTPUT_EXISTS"
    assert (tmp_path / "Frau_Muller.dat").read_bytes() == b"mine"
    assert not (tmp_path / "Frau_Muller.hea").exists()


def test_one_beat_is_named_and_nothing_written(tmp_path: Path) -> None:
    ran = run("digitize", BEAT, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert "classify it" in ran.stdout
    assert not list((tmp_path / "out").iterdir())


def test_analyze_takes_a_picture_of_a_strip(page: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    write_recording_model(models)
    ran = run("analyze", page, "--json", models=models)
    assert ran.returncode == 0, ran.stderr
    line = json.loads(ran.stdout)
    assert (line["leads"], round(line["duration_s"])) == (["II"], 6)
    # 72 a minute from 0.3 s on.
    assert abs(sum(line["classes"].values()) - 7) <= 1


def test_analyze_says_why_a_picture_of_one_beat_is_none(tmp_path: Path) -> None:
    models = tmp_path / "models"
    write_recording_model(models)
    ran = run("analyze", BEAT, "--json", models=models)
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["error"]["reason"] == "PICTURE_ONE_BEAT"
