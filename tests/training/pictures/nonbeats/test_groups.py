"""Pictures that are no beat come in two groups of kinds, and nearly all are refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.ink.reading import read_beat
from ecg.pictures.ink.reasons import NotABeat
from tests.ecg.pictures.ink.beats import millivolts
from training.pictures.nonbeats.groups import FITTING, NO_ECG_FITTING, NO_ECG_TESTING, TESTING
from training.pictures.nonbeats.sheets import Painter

KINDS = FITTING | TESTING
WITHOUT_AN_ECG = {name: painter for name, painter in (NO_ECG_FITTING | NO_ECG_TESTING).items() if name not in KINDS}
#: Nine beats in ten seconds.
LEAD = millivolts((np.arange(0, 15, 1 / 360) % 1.1) - 0.5).astype(np.float32)


def test_no_kind_is_in_both_groups() -> None:
    assert not set(FITTING) & set(TESTING)
    assert not set(NO_ECG_FITTING) & set(NO_ECG_TESTING)
    assert min(len(FITTING), len(TESTING)) > 10


@pytest.mark.parametrize("painter", (KINDS | WITHOUT_AN_ECG).values(), ids=list(KINDS | WITHOUT_AN_ECG))
def test_every_kind_is_a_picture_and_the_same_by_the_same_chance(painter: Painter) -> None:
    first, again = (painter(np.random.default_rng(3), LEAD) for _ in range(2))
    assert isinstance(first, Image.Image)
    assert min(first.size) >= 16
    assert first.tobytes() == again.tobytes()


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [
        ("blank", {NotABeat.BLANK}),
        ("strip", {NotABeat.SEVERAL_BEATS}),
        ("twelve_lead_page", {NotABeat.SEVERAL_LINES}),
        ("cat", {NotABeat.NOT_A_TRACE}),
        ("text_page", {NotABeat.NO_LINE, NotABeat.NOT_A_TRACE, NotABeat.SEVERAL_LINES, NotABeat.SPECTROGRAM}),
        ("photograph", {NotABeat.PHOTOGRAPH, NotABeat.SPECTROGRAM, NotABeat.NOT_A_TRACE, NotABeat.SEVERAL_LINES}),
    ],
)
def test_reasons_fit_what_is_shown(kind: str, reasons: set[NotABeat]) -> None:
    generator = np.random.default_rng(0)
    assert {read_beat(KINDS[kind](generator, LEAD)).reason for _ in range(6)} <= reasons
