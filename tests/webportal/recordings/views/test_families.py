"""The pages of families, and what their forms do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from ecg.families.family import Family
from tests.inference_server.exports.made import analysis_of, recording_of, regular, with_ventricular
from tests.webportal.page_checks import check_page
from tests.webportal.recordings.folders import beats_path, folder_of
from webportal.accounts.models import User
from webportal.recordings.models import Recording, RecordingAnalysis, RecordingEdit

pytestmark = pytest.mark.django_db

BEATS = with_ventricular(regular(60), 10, 20, 21, 22, 30, 40, 45, 50, 55, 60)


@pytest.fixture
def analysis(
    keep_recording: Callable[..., Recording], keep_answer: Callable[..., RecordingAnalysis]
) -> RecordingAnalysis:
    recording = keep_recording(recording_of(BEATS, 60), name="Tuesday")
    return keep_answer(recording, analysis_of(BEATS, 60, uncertain=(10, 20, 21, 22, 30, 40, 45, 50, 55, 60)))


def families_of(analysis: RecordingAnalysis, *number: int) -> str:
    return reverse("recordings:family" if number else "recordings:families", args=[analysis.recording_id, *number])


def send(client: Client, analysis: RecordingAnalysis, **fields: object) -> str:
    """What the page says afterwards."""
    response = client.post(reverse("recordings:edit", args=[analysis.recording_id]), fields, follow=True)
    assert response.redirect_chain
    return check_page(response)


def test_every_family_has_its_typical_beat_its_class_and_how_many_may_be_wrong(
    owner_client: Client, analysis: RecordingAnalysis
) -> None:
    html = check_page(owner_client.get(families_of(analysis)))
    assert html.index("Family 2</a>") < html.index("Family 1</a>")  # the most doubtful first
    assert "10 beats" in html
    assert "about 5 may be wrong" in html
    assert "Typical beat of family 2, Pvc" in html
    assert len(re.findall(r'<path d="M\d', html)) == 2 * 2
    assert "Nobody has corrected anything." in html
    by_number = check_page(owner_client.get(families_of(analysis), {"order": "number"}))
    assert by_number.index("Family 1</a>") < by_number.index("Family 2</a>")


def test_a_family_gets_another_class_and_the_page_tells_who_did_it(
    owner_client: Client, analysis: RecordingAnalysis
) -> None:
    html = send(owner_client, analysis, kind="rename", family=2, **{"class": "NORMAL"})
    assert html.count("Family 2 was called Normal.") == 2  # the message, and the list of corrections
    assert "The model says: Pvc" in html
    assert re.search(r"<td>10 \(13.51 %\)</td><td><strong>0 \(0.00 %\)</strong></td>", html)
    undone = send(owner_client, analysis, kind="undo", edit=1)
    assert "(taken back)" in undone
    assert "The model says" not in undone


def test_the_page_of_a_family_shows_the_least_typical_first_and_splits_them_off(
    owner_client: Client, analysis: RecordingAnalysis
) -> None:
    html = check_page(owner_client.get(families_of(analysis, 2)))
    assert html.count('name="beats"') == 10
    html = send(owner_client, analysis, kind="split", family=2, worst=2, shown=2)
    assert html.count('name="beats"') == 8
    assert "2 beats of family 2 became a family of their own." in html
    assert RecordingEdit.objects.get().payload == {"family": 2, "beats": [10, 20]}
    html = send(owner_client, analysis, kind="move", beats=[21, 22, 30, 40, 45, 50, 55, 60], into=3, shown=2)
    assert html.count('id="family-') == 2 + 1  # family 2 is gone: the list
    assert "8 beats were moved to family 3" in html


def test_what_cant_be_done_is_said(owner_client: Client, analysis: RecordingAnalysis) -> None:
    assert "Choose the beats first." in send(owner_client, analysis, kind="reclassify", **{"class": "PAC"})
    assert "There is no such family any more." in send(
        owner_client, analysis, kind="rename", family=77, **{"class": "PAC"}
    )
    address = reverse("recordings:edit", args=[analysis.recording_id])
    for fields in ({"kind": "burn"}, {"kind": "rename"}, {"kind": "split", "family": "x", "beats": "1"}):
        assert owner_client.post(address, fields).status_code == 400
    assert not RecordingEdit.objects.exists()


def test_a_reviewer_sees_no_name_and_corrects_too(
    reviewer_client: Client, owner_client: Client, owner: User, analysis: RecordingAnalysis
) -> None:
    assert reviewer_client.get(families_of(analysis)).status_code == 404
    Recording.objects.update(shared_at=timezone.now())
    send(owner_client, analysis, kind="rename", family=2, **{"class": "NORMAL"})
    html = send(reviewer_client, analysis, kind="reclassify", beats=[3], **{"class": "PAC"})
    assert "the owner," in html
    assert owner.get_username() not in html
    assert "a reviewer," in check_page(owner_client.get(families_of(analysis)))


def test_nothing_is_corrected_in_the_trash(owner_client: Client, analysis: RecordingAnalysis) -> None:
    Recording.objects.update(trashed_at=timezone.now())
    html = check_page(owner_client.get(families_of(analysis)))
    assert "<form id=" not in html
    assert 'name="kind"' not in html
    address = reverse("recordings:edit", args=[analysis.recording_id])
    assert owner_client.post(address, {"kind": "rename", "family": 2, "class": "PAC"}).status_code == 403


def test_without_samples_there_are_words_instead_of_drawings(owner_client: Client, analysis: RecordingAnalysis) -> None:
    (folder_of(analysis.recording) / "store/recording.json").unlink()
    assert "The samples can’t be read any more." in check_page(owner_client.get(families_of(analysis)))
    beats_path(analysis).unlink()
    assert owner_client.get(families_of(analysis)).status_code == 404


def test_forty_families_are_a_page_of_usual_size_and_few_queries(
    owner_client: Client,
    keep_recording: Callable[..., Recording],
    keep_answer: Callable[..., RecordingAnalysis],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    beats = regular(600)
    said = analysis_of(beats, 600)
    parts = np.array_split(np.arange(len(beats)), 40)
    numbers = np.concatenate([np.full(len(part), place, np.int16) for place, part in enumerate(parts)])
    families = tuple(Family(False, part, int(part[-1])) for part in parts)
    said = replace(said, beats=replace(said.beats, families=numbers), families=families)
    kept = keep_answer(keep_recording(recording_of(beats, 600)), said)
    for number in range(1, 13):
        send(owner_client, kept, kind="rename", family=number, **{"class": "PVC"})
    with django_assert_max_num_queries(15):
        html = check_page(owner_client.get(families_of(kept)))  # no more than 150 kB
    assert html.count('class="family"') == 40
    with django_assert_max_num_queries(15):
        check_page(owner_client.get(families_of(kept, 3)))
    with django_assert_max_num_queries(15):
        check_page(owner_client.get(reverse("recordings:report", args=[kept.recording_id])))


def test_buttons_of_one_form_are_corrections_of_their_own_and_each_of_them_one(
    owner_client: Client, analysis: RecordingAnalysis
) -> None:
    form = {"kind": "rename", "form_id": "5f0c3a7e-8d5b-4a7e-9d0e-0f3b5f1c2a3b"}
    for named in ("2 PAC", "2 PAC", "1 LBBB"):
        send(owner_client, analysis, **form, named=named)
    assert list(RecordingEdit.objects.order_by("number").values_list("payload", flat=True)) == [
        {"family": 2, "class": "PAC"},
        {"family": 1, "class": "LBBB"},
    ]
