from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg.families.clustering import FamilyGathering
from ecg.features.stream import INTERVALS, beat_blocks
from ecg.recording import Recording
from ecg.rhythm.settings import RhythmSettings
from ecg.signal.resampling import RateError
from inference_server.classification.recordings import EpisodeKind
from inference_server.models.recording_course import Course, CourseRule, by_course
from inference_server.models.recording_model import RecordingModel
from inference_server.models.second_look import NUMBERS, Rule
from inference_server.recordings import pieces
from inference_server.recordings.analysis import analyse
from inference_server.recordings.assembling import rhythm_of
from inference_server.recordings.digest import Digest, folded, packed, unpacked
from inference_server.recordings.pieces import piece_of, segments
from inference_server.recordings.segment_analysis import analyse_segment
from tests.inference_server.recordings_of_tests import differences, recording, with_gap
from tests.inference_server.tiny_recording_models import CLASSES, write_recording_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> RecordingModel:
    return RecordingModel.load(write_recording_model(tmp_path_factory.mktemp("models")))


@pytest.fixture
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a minute."""
    monkeypatch.setattr(pieces, "MOST_BLOCKS", 2)
    monkeypatch.setattr(pieces, "LEAST_BLOCKS", 2)


def digests_of(whole: Recording, model: RecordingModel) -> list[Digest]:
    found = []
    for segment in segments(whole.samples, whole.rate, len(whole.leads)):
        values = whole.read(segment.begin, segment.end)
        piece = piece_of(segment, values, leads=whole.leads, rate=whole.rate, samples=whole.samples)
        found.append(analyse_segment(piece, segment.blocks, model, whole.leads).digest)
    return found


def test_every_beat_gets_a_class_a_verdict_and_a_family(model: RecordingModel) -> None:
    fractions: list[float] = []
    result = analyse(recording(), model, progress=fractions.append)
    blocks = list(beat_blocks(recording()))
    assert result.beats.samples.tolist() == np.concatenate([block.source_samples for block in blocks]).tolist()
    assert result.beats.probabilities.tolist() == np.concatenate(list(map(model.probabilities, blocks))).tolist()
    assert result.beats.classes.tolist() == result.beats.probabilities.argmax(axis=1).tolist()
    assert result.counts()["PVC"] == len(result.beats) - result.counts()["NORMAL"] > 10
    assert sorted(np.concatenate([family.members for family in result.families])) == list(range(len(result.beats)))
    assert all((result.beats.families[family.members] == place).all() for place, family in enumerate(result.families))
    assert result.measures.ventricular.beats == result.counts()["PVC"]
    assert (result.faults.shape, result.seconds, fractions) == ((2, 150), 150, [1])


def test_where_the_model_says_so_the_course_of_the_recording_counts(model: RecordingModel, tmp_path: Path) -> None:
    shares = {short: (0.9 if short == "NORMAL" else 0.1 / (len(CLASSES) - 1)) for short, _ in CLASSES}
    weights = np.random.default_rng(0).normal(size=(3, len(NUMBERS)))
    rule = Rule.stated(Rule(np.zeros(len(NUMBERS)), np.ones(len(NUMBERS)), weights, np.zeros(3)).as_stated())
    metadata = {"shares": json.dumps(shares), "second_look": json.dumps(rule.as_stated())}
    adapting = RecordingModel.load(write_recording_model(tmp_path, metadata=dict(metadata)))
    plain, adapted = analyse(recording(), model).beats, analyse(recording(), adapting).beats
    blocks = list(beat_blocks(recording()))
    before = np.concatenate([block.intervals[:, INTERVALS - 1] for block in blocks])
    gathering = FamilyGathering()
    for block in blocks:
        gathering.add(block)
    course = Course(before, np.concatenate([block.odd for block in blocks]), gathering.finish().of_beat)
    shorts = [short for short, _ in CLASSES]
    expected = by_course(
        plain.probabilities, course, shorts, CourseRule(tuple(shares[short] for short in shorts), rule)
    )
    assert adapted.probabilities.tolist() == expected.tolist()
    assert np.abs(adapted.probabilities - plain.probabilities).max() > 0.01
    assert adapted.classes.tolist() == expected.argmax(axis=1).tolist()


@pytest.mark.usefixtures("short_segments")
def test_segments_say_of_beats_what_the_whole_says(model: RecordingModel) -> None:
    whole = with_gap(recording(620, rate=250), 200, 215)
    cut = analyse(whole, model)
    blocks = list(beat_blocks(whole))
    assert cut.beats.samples.tolist() == np.concatenate([block.source_samples for block in blocks]).tolist()
    assert cut.beats.probabilities.tolist() == np.concatenate(list(map(model.probabilities, blocks))).tolist()
    assert len(list(segments(whole.samples, whole.rate, 2))) == 11


def test_the_order_of_the_leads_changes_nothing(model: RecordingModel) -> None:
    whole = recording(90, leads=("V5", "II", "aVF"))
    turned = Recording.of_array(whole.read()[::-1], leads=whole.leads[::-1], rate=whole.rate)
    one, other = analyse(whole, model), analyse(turned, model)
    assert other.leads == ("aVF", "II", "V5")
    assert not differences(one, replace(other, leads=one.leads, faults=other.faults[::-1].copy()))


@pytest.mark.usefixtures("short_segments")
def test_however_segments_are_folded_they_say_the_same(model: RecordingModel) -> None:
    whole = recording(400)
    all_of_them = digests_of(whole, model)
    second = folded([folded(all_of_them[:3]), *all_of_them[3:5]])
    there_and_back = [Digest.from_bytes(digest.to_bytes()) for digest in (second, *all_of_them[5:])]
    begun, rest = packed(all_of_them[:3])
    gone_on, rest = packed([rest, *all_of_them[3:5]])
    in_few_bytes = [unpacked([begun, gone_on], rest), *all_of_them[5:]]
    one, *others = (
        rhythm_of(digests, model.info.classes, rate=whole.rate, samples=whole.samples)
        for digests in (all_of_them, there_and_back, in_few_bytes)
    )
    assert [differences(one, other) for other in others] == [[], []]


def test_definitions_of_the_measures_can_be_chosen(model: RecordingModel) -> None:
    usual, other = (
        analyse(recording(), model, settings=settings) for settings in (None, RhythmSettings(tachycardia_rate=60))
    )
    assert not any(episode.kind is EpisodeKind.TACHYCARDIA for episode in usual.episodes)
    assert any(episode.kind is EpisodeKind.TACHYCARDIA for episode in other.episodes)
    assert other.measures.settings.tachycardia_rate == 60


@pytest.mark.parametrize("seconds", [1 / 360, 0.5, 3])
def test_a_recording_of_hardly_anything_has_no_beats_or_one(model: RecordingModel, seconds: float) -> None:
    values = recording(20).read(0, round(360 * seconds))
    result = analyse(Recording.of_array(values, leads=("II", "V1"), rate=360), model)
    assert len(result.beats) <= 4
    assert result.faults.shape == (2, int(np.ceil(seconds)))


def test_what_is_no_recording_is_refused(model: RecordingModel) -> None:
    with pytest.raises(RateError):
        analyse(recording(20, rate=90), model)
    with pytest.raises(ValueError, match="no samples"):
        analyse(Recording.of_array(np.empty((1, 0)), leads=("II",), rate=360), model)
