"""Finding analyses again: search, filters, orders, CSV, and the trash."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from inference_server.classification import Classification, Verdict
from tests.webportal.conftest import FarSide, Refusal
from webportal import searching
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.history import exports, queries
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyses(
    far_side: FarSide,
    upload: Callable[..., Analysis],
    owner: User,
    answered: Callable[..., Classification],
    refusal: type[Refusal],
) -> dict[str, Analysis]:
    """One of each: by name, oldest first, a day apart."""

    def refuse(_data: bytes) -> Classification:
        raise refusal("IMAGE_CORRUPT")

    responses: dict[str, Callable[[bytes], Classification] | None] = {
        "sure pvc": lambda _: answered("PVC", probability=0.97),
        "doubtful paced": lambda _: answered("PACED", probability=0.5, verdict=Verdict.UNCERTAIN),
        "no beat": lambda _: answered("PVC", probability=0.4, verdict=Verdict.NOT_A_BEAT),
        "refused": refuse,
        "waiting": None,
    }
    made = {}
    for age, (label, respond) in enumerate(responses.items()):
        analysis = made[label] = upload(label=label)
        if respond:
            far_side.respond = respond
            running.run(analysis_id=analysis.pk, timeout=2.0)
        sent = timezone.now() - timedelta(days=len(responses) - age)
        Analysis.objects.filter(pk=analysis.pk).update(created_at=sent)
        analysis.refresh_from_db()
    services.review(actor=owner, analysis=made["sure pvc"], class_short="NORMAL")
    services.review(actor=owner, analysis=made["sure pvc"], class_short="PVC")
    services.review(actor=owner, analysis=made["doubtful paced"], class_short="NORMAL", comment="=cmd()")
    return made


@pytest.mark.parametrize("few", [0, 1, 1000])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ward", ["ward 3 %", "Ward 12"]),
        ("WARD 1", ["Ward 12"]),
        ("3", ["ward 3 %"]),
        ("wa", ["ward 3 %", "Ward 12"]),
        ("%", ["ward 3 %"]),
        ("_", []),
        (".", []),
        ("\\d", []),
        ("nothing", []),
    ],
)
def test_a_word_is_found_among_ones_own_labels_however_common_it_is(
    text: str,
    found: Any,
    few: int,
    upload: Callable[..., Analysis],
    other: User,
    owner_client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    for label in ("Ward 12", "ward 3 %", "holter"):
        upload(label=label)
    upload(label="ward 1 of somebody else", user=other)
    assert labels(owner_client, q=text) == found


def labels(client: Client, **wanted: str) -> list[str]:
    page = client.get(reverse("analyses:history"), wanted).context["page"]
    return [analysis.upload.label for analysis in page.rows]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["waiting", "refused", "no beat", "doubtful paced", "sure pvc"]),
        ({"q": "BEAT"}, ["no beat"]),
        ({"q": "zzz"}, []),
        ({"kind": "PVC"}, ["sure pvc"]),
        ({"outcome": "CONFIDENT"}, ["sure pvc"]),
        ({"outcome": "NOT_A_BEAT"}, ["no beat"]),
        ({"outcome": "rejected"}, ["refused"]),
        ({"outcome": "open"}, ["waiting"]),
        ({"outcome": "failed"}, []),
        ({"version": "7"}, ["no beat", "doubtful paced", "sure pvc"]),
        ({"version": "8"}, []),
        ({"reviewed": "yes"}, ["doubtful paced", "sure pvc"]),
        ({"reviewed": "no"}, ["no beat"]),
        ({"reviewed": "agrees"}, ["sure pvc"]),
        ({"reviewed": "disagrees"}, ["doubtful paced"]),
        ({"sort": "oldest"}, ["sure pvc", "doubtful paced", "no beat", "refused", "waiting"]),
        ({"sort": "uncertain"}, ["doubtful paced", "sure pvc"]),
        ({"sort": "oldest", "version": "7", "reviewed": "yes"}, ["sure pvc", "doubtful paced"]),
        # What makes no sense is marked and otherwise left out.
        ({"sort": "sideways", "since": "yesterday"}, ["waiting", "refused", "no beat", "doubtful paced", "sure pvc"]),
    ],
    ids=str,
)
def test_searching(wanted: dict[str, Any], found: Any, analyses: dict[str, Analysis], owner_client: Client) -> None:
    assert labels(owner_client, **wanted) == found


def test_searching_by_day(analyses: dict[str, Analysis], owner_client: Client) -> None:
    day = timezone.localdate(analyses["no beat"].created_at).isoformat()
    assert labels(owner_client, since=day, until=day) == ["no beat"]


def test_the_same_search_as_a_table(analyses: dict[str, Analysis], owner_client: Client) -> None:
    wanted = {"view": "table", "version": "7"}
    assert labels(owner_client, **wanted) == labels(owner_client, version="7")
    html = owner_client.get(reverse("analyses:history"), wanted).content.decode()
    assert html.count("<tr") == 1 + 3
    assert all(f'value="{analyses[label].pk}"' in html for label in labels(owner_client, **wanted))
    assert 'name="looking" value="view=table&amp;version=7"' in html  # actions come back to the table


def test_searching_by_id(analyses: dict[str, Analysis], owner_client: Client, other_client: Client) -> None:
    assert labels(owner_client, q=str(analyses["refused"].pk)) == ["refused"]
    assert labels(other_client, q=str(analyses["refused"].pk)) == []


@pytest.mark.parametrize("sort", ["newest", "oldest", "uncertain"])
def test_every_order_has_pages_without_gap_or_repeat(sort: str, analyses: dict[str, Analysis], owner: User) -> None:
    order = queries.ORDERS[sort]
    rows = Analysis.objects.filter(owner=owner)
    expected = [analysis.pk for analysis in order.sorted(rows)]
    listed, after = [], None
    while True:
        page = queries.page_of(rows, order=order, after=after, size=2)
        listed += [analysis.pk for analysis in page.rows]
        if page.next is None:
            break
        after = order.cursor(str(page.next))
        assert after == page.next
    assert listed == expected


def test_csv_holds_what_the_search_finds(analyses: dict[str, Analysis], owner_client: Client) -> None:
    response = owner_client.get(reverse("analyses:history-csv"), {"reviewed": "yes", "sort": "oldest"})
    assert response["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert [(row["label"], row["class"], row["review_class"], row["review_agrees"]) for row in rows] == [
        ("sure pvc", "PVC", "PVC", "yes"),
        ("doubtful paced", "PACED", "NORMAL", "no"),
    ]
    assert rows[1]["review_comment"] == "'=cmd()"


def test_csv_has_a_column_for_the_probability_of_each_kind(analyses: dict[str, Analysis], owner_client: Client) -> None:
    """Of every model that is behind an answer, whatever its kinds are called."""
    other = analyses["doubtful paced"]
    kinds = [
        {"short": "=VEB()", "name": "Other", "probability": 0.25},
        {"short": "N", "name": "N", "probability": 0.75},
    ]
    Analysis.objects.filter(pk=other.pk).update(model_version="8", probabilities=kinds, class_short="N")
    lines = owner_client.get(reverse("analyses:history-csv")).getvalue().decode("utf-8-sig")
    rows = {row["label"]: row for row in csv.DictReader(io.StringIO(lines))}
    names = ["probability_NORMAL", "probability_PVC", "probability_PACED", "probability_ESCAPE"]
    assert set(names) <= rows["sure pvc"].keys()
    assert float(rows["sure pvc"]["probability_PVC"]) == pytest.approx(0.97)
    assert sum(float(rows["sure pvc"][name]) for name in names) == pytest.approx(1.0)
    assert rows["sure pvc"]["probability_N"] == ""
    assert (rows["doubtful paced"]["probability_N"], rows["doubtful paced"]["probability_=VEB()"]) == ("0.75", "0.25")
    assert rows["doubtful paced"]["probability_PVC"] == ""
    assert {rows["refused"][name] for name in names} == {""}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert exports.cell(text) == "'" + text


class TestTrash:
    def test_a_deleted_analysis_can_be_taken_back(self, analyses: dict[str, Analysis], owner_client: Client) -> None:
        analysis = analyses["sure pvc"]
        owner_client.post(reverse("analyses:delete", args=[analysis.pk]))
        assert "sure pvc" not in labels(owner_client)
        assert "sure pvc" in owner_client.get(reverse("analyses:trash")).content.decode()
        assert "in the trash" in owner_client.get(analysis.get_absolute_url()).content.decode()

        owner_client.post(reverse("analyses:restore", args=[analysis.pk]))
        assert "sure pvc" in labels(owner_client)

    def test_several_go_at_once_and_the_search_stays(self, analyses: dict[str, Analysis], owner_client: Client) -> None:
        ticked = [str(analyses[label].pk) for label in ("sure pvc", "no beat")]
        url = reverse("analyses:trash-selected")
        chosen = {"selected": [*ticked, "nonsense"], "looking": "version=7"}
        page = owner_client.post(url, chosen).content.decode()
        assert "Put 2 analyses in the trash?" in page
        assert all(f'name="selected" value="{pk}"' in page for pk in ticked)
        assert len(labels(owner_client)) == 5  # nothing happens before one has said yes
        response = owner_client.post(url, chosen | {"confirmed": "yes"})
        assert response["Location"] == reverse("analyses:history") + "?version=7"
        assert "2 analyses are in the trash." in owner_client.get(response["Location"]).content.decode()
        assert labels(owner_client, version="7") == ["doubtful paced"]

    def test_what_others_own_is_left_alone(
        self, analyses: dict[str, Analysis], other_client: Client, owner_client: Client
    ) -> None:
        pk = str(analyses["sure pvc"].pk)
        assert f'value="{pk}"' in owner_client.get(reverse("analyses:history")).content.decode()
        for confirmed in ({}, {"confirmed": "yes"}):
            answer = other_client.post(reverse("analyses:trash-selected"), {"selected": [pk]} | confirmed)
            assert answer.status_code == 302
        assert "sure pvc" in labels(owner_client)

    def test_all_that_a_search_finds_goes_but_for_what_came_after_the_question(
        self, analyses: dict[str, Analysis], owner_client: Client, upload: Callable[..., Analysis], far_side: FarSide
    ) -> None:
        url = reverse("analyses:trash-selected")
        wanted = {"everything": "on", "looking": "outcome=open"}
        page = owner_client.post(url, wanted)
        assert "Put 1 analysis in the trash?" in page.content.decode()
        upload(label="late")
        owner_client.post(url, wanted | {"confirmed": "yes", "asked_at": page.context["asked_at"]})
        assert labels(owner_client, outcome="open") == ["late"]

    @pytest.mark.parametrize("asked_at", ["", "nonsense", "2026-01-01T00:00:00"])
    def test_a_moment_that_makes_no_sense_is_left_out(
        self, asked_at: str, analyses: dict[str, Analysis], owner_client: Client
    ) -> None:
        wanted = {"everything": "on", "looking": "outcome=open", "confirmed": "yes", "asked_at": asked_at}
        owner_client.post(reverse("analyses:trash-selected"), wanted)
        assert labels(owner_client, outcome="open") == []

    def test_everything_comes_back_at_once(
        self, analyses: dict[str, Analysis], owner: User, other_client: Client, owner_client: Client
    ) -> None:
        services.trash_analyses(actor=owner, ids=[analysis.pk for analysis in analyses.values()])
        other_client.post(reverse("analyses:restore-all"))
        assert labels(owner_client) == []
        assert "Restore all" in owner_client.get(reverse("analyses:trash")).content.decode()
        response = owner_client.post(reverse("analyses:restore-all"), follow=True)
        assert "5 analyses are back in the history." in response.content.decode()
        assert len(labels(owner_client)) == 5

    def test_nobody_else_restores_it(self, analyses: dict[str, Analysis], owner: User, other_client: Client) -> None:
        services.trash_analysis(actor=owner, analysis=analyses["sure pvc"])
        assert other_client.post(reverse("analyses:restore", args=[analyses["sure pvc"].pk])).status_code == 404

    def test_after_its_time_it_is_gone_with_its_files(
        self,
        analyses: dict[str, Analysis],
        owner: User,
        settings: Settings,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        old, young = analyses["sure pvc"], analyses["no beat"]
        for analysis in (old, young):
            services.trash_analysis(actor=owner, analysis=analysis)
        Analysis.objects.filter(pk=old.pk).update(trashed_at=timezone.now() - timedelta(days=settings.TRASH_DAYS))
        storage, name = old.upload.picture.storage, old.upload.picture.name

        with django_capture_on_commit_callbacks(execute=True):
            assert services.empty_trash() == 1
        assert not Analysis.objects.filter(pk=old.pk).exists()
        assert Analysis.objects.filter(pk=young.pk).exists()
        assert not storage.exists(str(name))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no index of parts of words")
def test_words_in_labels_are_found_by_an_index(db: None) -> None:
    with connection.cursor() as cursor:
        # A handful of rows is read faster in any other way.
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = Upload.objects.filter(label__icontains="ward 77").order_by().explain()
    assert "upload_label_trigrams" in plan
