"""A file of beats says what the server said, to the last bit, fast; and nothing once it was changed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from ecg.families.family import Family
from inference_server.classification.recordings import RecordingAnalysis as Answer
from inference_server.classification.recordings import RecordingBeats
from tests.inference_server.recordings_of_tests import differences
from webportal.recordings import beats_file


def test_what_is_read_is_what_the_server_said(said: Answer) -> None:
    assert len(said.beats) > 300
    assert said.families
    read = beats_file.unpack(beats_file.pack(said))
    assert not differences(read.analysis, said)
    for place, family in enumerate(said.families):
        assert set(read.analysis.beats.families[family.members]) == {place}
        assert read.places[family.members].tolist() == list(range(len(family.members)))


def test_the_same_answer_has_the_same_digest_and_another_another(said: Answer) -> None:
    answers = said, said, replace(said, rate=250.0)
    one, same, other = (beats_file.unpack(beats_file.pack(answer)).digest for answer in answers)
    assert one == same != other


def test_a_changed_or_foreign_file_is_not_read(said: Answer) -> None:
    content = bytearray(beats_file.pack(said))
    content[len(content) // 2] ^= 1
    for changed in (bytes(content), b"something else"):
        with pytest.raises(beats_file.BeatsFileDamaged):
            beats_file.unpack(changed)


def test_a_hundred_thousand_beats_are_read_at_once(said: Answer) -> None:
    count = 100_000
    places = np.arange(count) % len(said.beats)
    columns = {name: getattr(said.beats, name)[places] for name in RecordingBeats.__slots__}
    members = np.argsort(columns["families"], kind="stable")
    ends = np.searchsorted(columns["families"][members], np.arange(len(said.families)), "right")
    families = tuple(
        Family(family.early, part, int(part[-1]))
        for family, part in zip(said.families, np.split(members, ends[:-1]), strict=True)
    )
    packed = beats_file.pack(replace(said, beats=RecordingBeats(**columns), families=families))
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        beats_file.unpack(packed)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.03
