"""A simulated expert corrects twelve families of each recording through the portal's own forms.

What is counted is the annotation file that the portal exports, by EC57 with escape beats as de Chazal has them, as in
the table ``ds2-expert`` of the model's card. The model in the repository has learnt from these people, so the figures
say that corrections arrive everywhere, not how good the model is with strangers. ``EXPERT_RECORDS`` names other records
than some of DS2's hardest, separated by spaces.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from numpy.typing import NDArray

from ecg.ec57.comparison import compare
from ecg.ec57.mapping import DE_CHAZAL, NOT_A_BEAT
from ecg.ec57.marks import Marks, Period
from ecg.ec57.pairing import NONE, pair
from ecg.formats import open_recording, wfdb_annotations
from ecg.recording import Recording
from inference_server.client import ArrhythmiaClient
from tests.inference_server.server_process import ServerProcess
from training.evaluation.recordings.beat_scores import figures
from webportal.recordings import corrections, models

RECORDS = os.environ.get("EXPERT_RECORDS", "213 222 232").split()
JUDGED = 12
"""Families of a recording."""

#: The class that the expert gives for a reference's annotation code; the pages offer none for fusion beats.
GIVEN = {"L": "LBBB", "R": "RBBB", "V": "PVC", "E": "PVC", "F": "PVC", "/": "PACED", "f": "PACED"}
SUPRAVENTRICULAR = frozenset("AaJS")

pytestmark = pytest.mark.django_db


def class_of(symbol: str) -> str:
    return "PAC" if symbol in SUPRAVENTRICULAR else GIVEN.get(symbol, "NORMAL")


def reference_of(said: NDArray[np.int64], marks: Marks, rate: float) -> NDArray[np.str_]:
    """The reference's code of each detected beat; empty where it has none."""
    beats = DE_CHAZAL.of(marks.symbols) != NOT_A_BEAT
    steps = pair(marks.samples[beats], said, round(0.15 * rate))
    both = (steps != NONE).all(axis=1)
    symbols = np.full(len(said), "", dtype=marks.symbols.dtype)
    symbols[steps[both, 1]] = marks.symbols[beats][steps[both, 0]]
    return symbols


def most_frequent(symbols: NDArray[np.str_]) -> str:
    kinds = DE_CHAZAL.of(symbols)
    names, counts = np.unique(symbols[kinds == np.bincount(kinds).argmax()], return_counts=True)
    return str(names[int(np.argmax(counts))])


def judge(client: Client, analysis: models.RecordingAnalysis, reference: NDArray[np.str_]) -> int:
    """Name the twelve most doubtful families, in the order of the page; returns how many got a name."""
    edited = corrections.edited(analysis)
    page = client.get(reverse("recordings:families", args=[analysis.recording_id])).content.decode()
    shown = [int(number) for number in re.findall(r'<li class="family" id="family-(\d+)"', page)]
    assert sorted(shown) == sorted(edited.known)
    named = 0
    for number in shown[:JUDGED]:
        own = reference[edited.numbers == number]
        known = own[own != ""]
        if not len(known):
            continue
        form = {"kind": "rename", "family": number, "class": class_of(most_frequent(known)), "analysis": analysis.pk}
        response = client.post(reverse("recordings:edit", args=[analysis.recording_id]), form)
        assert response.status_code == 302
        named += 1
    return named


def matrix_of(client: Client, recording_id: Any, reference: Marks, recording: Recording) -> NDArray[np.int64]:
    """EC57's table of what the portal exports."""
    exported = client.get(reverse("recordings:export", args=[recording_id, "beats.atr"])).content
    marks = Marks.of_annotations(wfdb_annotations.parse(exported, recording.rate))
    period = Period(recording.rate, recording.samples, learning_seconds=0.0)
    matrix: NDArray[np.int64] = compare("record", reference, marks, period, DE_CHAZAL).beats.matrix
    return matrix


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("name", RECORDS)
def test_twelve_families_bring_the_export_where_the_card_says(
    name: str,
    mitdb: Path,
    recording_server: ServerProcess,
    owner_client: Client,
    keep_recording: Callable[..., models.Recording],
    keep_answer: Callable[..., models.RecordingAnalysis],
    table: dict[str, Any],
) -> None:
    recording = open_recording([mitdb / f"{name}.hea", mitdb / f"{name}.dat"])
    marks = Marks.of_annotations(wfdb_annotations.parse((mitdb / f"{name}.atr").read_bytes(), recording.rate))
    with ArrhythmiaClient(recording_server.address) as client:
        said = client.analyze(recording, timeout=300)
    analysis = keep_answer(keep_recording(recording), said)
    before = figures(matrix_of(owner_client, analysis.recording_id, marks, recording))
    named = judge(owner_client, analysis, reference_of(said.beats.samples, marks, recording.rate))
    after = figures(matrix_of(owner_client, analysis.recording_id, marks, recording))
    edits = analysis.edits.order_by("number")
    assert [edit.number for edit in edits] == list(range(1, named + 1))
    assert {edit.by_id for edit in edits} == {analysis.owner_id}
    assert after["accuracy"] >= before["accuracy"]
    table[name] = matrix_of(owner_client, analysis.recording_id, marks, recording)
    together = figures(np.sum(list(table.values()), axis=0))
    accuracies = [figures(matrix)["accuracy"] for matrix in table.values()]
    print(name, named, before["accuracy"], after["accuracy"], "median", np.median(accuracies), together)  # noqa: T201
