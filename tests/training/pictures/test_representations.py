"""What a network sees of a beat."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecg.beats import SAMPLING_RATE
from ecg.pictures.canonical import to_pixels
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.rendering import draw, picture_window
from training.databases.marked import MarkedRecording, cut_beats, mitdb
from training.pictures.representations import (
    REPRESENTATIONS,
    SPECTROGRAM_RANGE_DB,
    STFT_LENGTH,
    Representation,
    Variant,
)

EACH = pytest.mark.parametrize("representation", REPRESENTATIONS.values(), ids=list(REPRESENTATIONS))


@pytest.fixture(scope="module")
def recording(recordings: Path) -> MarkedRecording:
    return mitdb.read_recording(recordings, "100")


def _part(recording: MarkedRecording, count: int) -> MarkedRecording:
    """The first beats of a recording, so that tests stay quick."""
    return MarkedRecording(
        recording.name,
        recording.patient,
        recording.leads,
        recording.primary,
        recording.signal,
        recording.samples[:count],
        recording.symbols[:count],
    )


@EACH
def test_one_picture_for_each_beat_and_lead_in_the_order_of_the_beats(
    representation: Representation, recording: MarkedRecording
) -> None:
    few = _part(recording, 5)
    pixels = representation.pictures(few)
    assert pixels.shape == (len(cut_beats(few).table), HEIGHT, WIDTH, representation.channels)
    assert pixels.dtype == np.uint8
    alone = [representation.pictures(_only(few, channel)) for channel in range(2)]
    assert (pixels == np.concatenate(alone)).all()


def _only(recording: MarkedRecording, channel: int) -> MarkedRecording:
    return MarkedRecording(
        recording.name,
        recording.patient,
        (recording.leads[channel],),
        0,
        recording.signal[:, channel : channel + 1],
        recording.samples,
        recording.symbols,
    )


@EACH
def test_variants_differ_from_the_plain_picture_and_repeat_with_their_seed(
    representation: Representation, recording: MarkedRecording
) -> None:
    few = _part(recording, 4)
    plain = representation.pictures(few)
    for variant in (1, 2):
        first, again, other = (
            representation.pictures(few, Variant(variant, np.random.default_rng(seed)))
            for seed in (variant, variant, 9)
        )
        assert first.shape == plain.shape
        assert (first == again).all()
        assert not np.array_equal(first, plain)
        assert not np.array_equal(first, other)


def test_variants_with_rotated_leads_show_what_only_the_other_lead_sees() -> None:
    """Lead one is level where lead two has a wave: only a sum of both shows that wave in lead one's pictures."""
    wave = np.exp(-0.5 * ((np.arange(4000) - 2000) / 8) ** 2)
    samples = np.full(200, 2000)
    both = np.stack([np.zeros(4000), wave], axis=1).astype(np.float32)
    two = MarkedRecording("two", "nobody", ("MLII", "V1"), 0, both, samples, np.full(200, "N"))
    rises = []
    for lead_rotation in (False, True):
        pixels = REPRESENTATIONS["trace"].pictures(two, Variant(1, np.random.default_rng(0), lead_rotation))
        assert pixels.shape == (400, HEIGHT, WIDTH, 1)
        ink = pixels[:200, ..., 0] < 235
        rises.append(float(np.median(ink.any(axis=2).sum(axis=1))))
    assert rises[1] > 1.5 * rises[0]


@EACH
def test_a_recording_without_beats_gives_no_pictures(
    representation: Representation, recording: MarkedRecording
) -> None:
    assert representation.pictures(_part(recording, 0)).shape == (0, HEIGHT, WIDTH, representation.channels)
    for lead_rotation in (False, True):
        none = representation.pictures(_part(recording, 0), Variant(2, np.random.default_rng(0), lead_rotation))
        assert none.shape[0] == 0


def test_a_trace_is_what_the_server_makes_of_the_drawn_file(recording: MarkedRecording) -> None:
    few = _part(recording, 3)
    pixels = REPRESENTATIONS["trace"].pictures(few)
    for row, picture in enumerate(draw(picture_window(cut_beats(few).windows))):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        assert (to_pixels(file.getvalue(), height=HEIGHT, width=WIDTH) == pixels[row]).all()


def _synthetic(signal: np.ndarray, sample: int) -> MarkedRecording:
    lead = signal.astype(np.float32)[:, None]
    return MarkedRecording("synthetic", "nobody", ("MLII",), 0, lead, np.array([sample]), np.array(["N"]))


@pytest.mark.parametrize("frequency", [10.0, 20.0, 40.0])
def test_a_spectrogram_shows_a_frequency_in_its_row_and_the_loudest_as_black(frequency: float) -> None:
    time = np.arange(2000) / SAMPLING_RATE
    pixels = REPRESENTATIONS["spectrogram"].pictures(_synthetic(np.sin(2 * np.pi * frequency * time), 1000))[0, ..., 0]
    darkest = HEIGHT - 1 - int(pixels[:, WIDTH // 2].argmin())
    assert darkest == pytest.approx(frequency * STFT_LENGTH / SAMPLING_RATE, abs=1)
    assert pixels.min() == 0


def test_a_spectrogram_is_in_decibels_and_blind_to_gain_and_offset() -> None:
    time = np.arange(2000) / SAMPLING_RATE
    loud, soft = np.sin(2 * np.pi * 10 * time), 0.01 * np.sin(2 * np.pi * 45 * time)
    spectrogram = REPRESENTATIONS["spectrogram"]
    pixels = spectrogram.pictures(_synthetic(loud + soft, 1000))
    row = HEIGHT - 1 - round(45 * STFT_LENGTH / SAMPLING_RATE)
    assert pixels[0, row, WIDTH // 2, 0] == pytest.approx(255 * 40 / SPECTROGRAM_RANGE_DB, abs=6)
    louder = spectrogram.pictures(_synthetic(3 * (loud + soft) + 0.5, 1000)).astype(int)
    assert np.abs(louder - pixels).max() <= 1
