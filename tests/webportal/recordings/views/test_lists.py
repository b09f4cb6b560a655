"""Lists of recordings: searched, paged, shared, thrown away and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.webportal.recordings.folders import folder_of
from webportal import searching
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.audit.models import Entry
from webportal.recordings import services
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db(transaction=True)

Keep = Callable[..., Recording]


def names(client: Client, url: str, **asked: str) -> list[str]:
    return [recording.name for recording in client.get(url, asked).context["page"].rows]


@pytest.mark.parametrize("few", [1000, 1], ids=["rare", "common"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ward", ["ward 3 %", "Ward 12"]),
        ("3", ["ward 3 %"]),
        ("wa", ["ward 3 %", "Ward 12"]),
        ("%", ["ward 3 %"]),
        ("_", []),
    ],
)
def test_a_word_is_found_among_ones_own_names_however_common_it_is(
    text: str,
    found: list[str],
    few: int,
    owner_client: Client,
    other: User,
    keep_recording: Keep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    for name in ("Ward 12", "ward 3 %", "holter", ""):
        keep_recording(name=name)
    keep_recording(name="ward 1 of somebody else", user=other)
    assert names(owner_client, reverse("recordings:list"), q=text) == found


def test_one_finds_ones_own_by_name_id_state_and_day(
    owner_client: Client, other_client: Client, keep_recording: Keep, keep_answer: Callable[..., Any], owner: User
) -> None:
    url = reverse("recordings:list")
    first, second = keep_recording(name="Holter night"), keep_recording(name="Patch")
    keep_answer(first)
    assert names(owner_client, url) == ["Patch", "Holter night"]
    assert names(owner_client, url, q="holter") == ["Holter night"]
    assert names(owner_client, url, q=str(second.pk)) == ["Patch"]
    assert names(owner_client, url, state="done") == ["Holter night"]
    assert names(owner_client, url, state="asking") == []
    assert names(owner_client, url, until=str(timezone.localdate() - timedelta(days=1))) == []
    assert names(other_client, url) == []
    page = owner_client.get(url).content.decode()
    assert "ventricular" in page
    assert "analysed" in page


def test_a_long_list_costs_the_same_on_every_page(
    owner_client: Client, read_recording: Recording, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Recording.objects.bulk_create(
        Recording(owner=read_recording.owner, name=str(number), created_at=timezone.now() - timedelta(hours=number + 1))
        for number in range(60)
    )
    url = reverse("recordings:list")
    with django_assert_max_num_queries(10):
        page = owner_client.get(url).context["page"]
    assert len(page.rows) == 24
    with django_assert_max_num_queries(10):
        second = owner_client.get(url, {"after": str(page.next)}).context["page"]
    assert [recording.name for recording in second.rows][:2] == ["23", "24"]


def test_the_trash_keeps_it_for_a_while_and_then_nothing_stays(
    owner_client: Client, read_recording: Recording, owner: User, settings: Settings
) -> None:
    Recording.objects.update(stored_bytes=500)
    quota.claim(owner=owner, size=500)
    folder = folder_of(read_recording)
    delete = reverse("recordings:delete", args=[read_recording.pk])
    assert owner_client.get(delete).status_code == 200
    owner_client.post(delete)
    assert names(owner_client, reverse("recordings:list")) == []
    assert len(names(owner_client, reverse("recordings:trash"))) == 1
    owner_client.post(reverse("recordings:restore", args=[read_recording.pk]))
    assert len(names(owner_client, reverse("recordings:list"))) == 1
    owner_client.post(reverse("recordings:trash-selected"), {"id": [str(read_recording.pk), "nonsense"]})
    assert services.empty_trash() == 0
    Recording.objects.update(trashed_at=timezone.now() - timedelta(days=settings.TRASH_DAYS + 1))
    assert services.empty_trash() == 1
    assert not folder.exists()
    assert quota.space_of(owner).used == 0


def test_what_never_arrived_whole_goes_after_two_days(owner: User, settings: Settings) -> None:
    old = timezone.now() - timedelta(hours=settings.RECORDING_RECEIVING_HOURS + 1)
    Recording.objects.create(owner=owner, created_at=old)
    Recording.objects.create(owner=owner)
    assert services.empty_trash() == 1
    assert Recording.objects.count() == 1


def test_throwing_it_away_gives_up_the_analysis(owner: User, read_recording: Recording) -> None:
    asked = services.ask_again(actor=owner, recording=read_recording)
    services.trash_recordings(actor=owner, ids=[read_recording.pk])
    asked.refresh_from_db()
    assert asked.state == RecordingAnalysis.State.CANCELLED


def test_reviewers_see_what_is_shared_and_that_is_written_down(
    owner_client: Client, reviewer_client: Client, other_client: Client, read_recording: Recording
) -> None:
    page = read_recording.get_absolute_url()
    assert reviewer_client.get(page).status_code == 404
    owner_client.post(reverse("recordings:share-selected"), {"id": [str(read_recording.pk)]})
    assert reviewer_client.get(page).status_code == 200
    assert other_client.get(page).status_code == 404
    assert len(names(reviewer_client, reverse("recordings:shared"))) == 1
    assert other_client.get(reverse("recordings:shared")).status_code == 403
    entries = Entry.objects.filter(kind="recordings.Recording").order_by("at")
    assert list(entries.values_list("action", "actor__username")) == [
        ("view", "reviewer-zzyzx"),
        ("list", "reviewer-zzyzx"),
    ]
    owner_client.post(reverse("recordings:share", args=[read_recording.pk]), {"stop": "on"})
    assert reviewer_client.get(page).status_code == 404


def test_the_owner_cancels_asks_again_and_renames(owner_client: Client, read_recording: Recording) -> None:
    def to(what: str, **fields: str) -> None:
        assert owner_client.post(reverse(f"recordings:{what}", args=[read_recording.pk]), fields).status_code == 302

    to("again")
    to("again")
    (asked,) = RecordingAnalysis.objects.all()
    state = owner_client.get(reverse("recordings:state", args=[read_recording.pk]), {"seen": "read-"})
    assert "HX-Refresh" not in state
    assert b"Waiting to be analysed" in state.content
    to("cancel")
    asked.refresh_from_db()
    assert asked.state == RecordingAnalysis.State.CANCELLED
    state = owner_client.get(reverse("recordings:state", args=[read_recording.pk]), {"seen": "read-"})
    assert state["HX-Refresh"] == "true"
    to("again")
    assert RecordingAnalysis.objects.count() == 2
    to("rename", name="another")
    read_recording.refresh_from_db()
    assert read_recording.name == "another"
