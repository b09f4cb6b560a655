"""Notes, tags and running again: what a person does with their own analyses, one by one and many at once."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from inference_server.classification import Classification
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import tagging
from webportal.analyses.history import queries
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(far_side: FarSide, upload: Callable[..., Analysis]) -> Callable[..., Any]:
    def make(label: str = "", **kwargs: Any) -> Analysis:
        analysis = upload(label=label, **kwargs)
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        return analysis

    return make


def tags_of(analysis: Analysis) -> list[str]:
    return [tag.name for tag in analysis.tags.all()]


class TestNotesAndTags:
    def test_they_stand_on_the_result_page_and_can_be_changed(
        self, done: Callable[..., Any], owner_client: Client
    ) -> None:
        analysis = done()
        url = reverse("analyses:annotate", args=[analysis.pk])
        owner_client.post(url, {"notes": "Ask again on Monday.", "tags": "Ward 3,  to   do , ward 3,"})
        html = owner_client.get(analysis.get_absolute_url()).content.decode()
        assert "Ask again on Monday." in html
        assert tags_of(analysis) == ["Ward 3", "to do"]
        owner_client.post(url, {"notes": "", "tags": "to do"})
        assert tags_of(analysis) == ["to do"]
        assert [tag.name for tag in Tag.objects.all()] == ["to do"]  # nobody is offered a tag of nothing

    def test_the_answer_stays_as_it_is(self, done: Callable[..., Any], owner: User) -> None:
        analysis = done()
        tagging.annotate(actor=owner, analysis=analysis, notes="x", tags=["y"])
        again = Analysis.objects.get(pk=analysis.pk)
        assert (again.class_short, again.probabilities) == (analysis.class_short, analysis.probabilities)

    @pytest.mark.parametrize(
        "sent",
        [{"tags": "x" * 41}, {"tags": ",".join(f"t{n}" for n in range(21))}, {"notes": "x" * 2001}],
        ids=["long tag", "many tags", "long notes"],
    )
    def test_what_is_too_much_is_said_and_not_kept(
        self, sent: dict[str, Any], done: Callable[..., Any], owner_client: Client
    ) -> None:
        analysis = done()
        response = owner_client.post(reverse("analyses:annotate", args=[analysis.pk]), sent)
        assert response.status_code == 422
        assert "errorlist" in response.content.decode()
        assert not Tag.objects.exists()

    def test_a_person_has_a_bounded_number_of_tags(
        self, done: Callable[..., Any], owner: User, owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tagging, "MAX_TAGS_OF_OWNER", 2)
        analysis = done()
        url = reverse("analyses:annotate", args=[analysis.pk])
        assert owner_client.post(url, {"tags": "a,b"}).status_code == 302
        response = owner_client.post(url, {"tags": "a,b,c"})
        assert response.status_code == 422
        assert "You have 2 tags already" in response.content.decode()

    def test_nobody_else_writes_them(self, done: Callable[..., Any], other: User, other_client: Client) -> None:
        analysis = done()
        assert other_client.post(reverse("analyses:annotate", args=[analysis.pk]), {"tags": "x"}).status_code == 404
        with pytest.raises(PermissionDenied):
            tagging.annotate(actor=other, analysis=analysis, notes="", tags=["x"])

    def test_administrators_dont_read_notes(self, done: Callable[..., Any], owner: User, staff_client: Client) -> None:
        analysis = done()
        tagging.annotate(actor=owner, analysis=analysis, notes="note-zzyzx", tags=["tag-zzyzx"])
        html = staff_client.get(reverse("admin:analyses_analysis_change", args=[analysis.pk])).content.decode()
        assert "note-zzyzx" not in html
        assert "tag-zzyzx" not in html

    def test_they_are_taken_along(self, done: Callable[..., Any], owner: User, owner_client: Client) -> None:
        analysis = done()
        tagging.annotate(actor=owner, analysis=analysis, notes="=later", tags=["a", "b"])
        lines = owner_client.get(reverse("analyses:history-csv")).getvalue().decode("utf-8-sig")
        row = next(csv.DictReader(io.StringIO(lines)))
        assert (row["tags"], row["notes"]) == ("a, b", "'=later")
        archive = zipfile.ZipFile(io.BytesIO(owner_client.post(reverse("accounts:export")).getvalue()))
        exported = json.loads(archive.read("uploads.json"))[0]["analyses"][0]
        assert (exported["tags"], exported["notes"]) == (["a", "b"], "=later")


class TestHistory:
    @pytest.fixture
    def three(self, done: Callable[..., Any], owner: User) -> list[Analysis]:
        analyses = [done(label) for label in ("one", "two", "three")]
        tagging.tag_analyses(actor=owner, ids=[analyses[0].pk], names=["rare"])
        return analyses

    def found(self, client: Client, **wanted: Any) -> list[str]:
        page = client.get(reverse("analyses:history"), wanted).context["page"]
        return sorted(analysis.upload.label for analysis in page.rows)

    def post(self, client: Client, name: str, **sent: Any) -> Any:
        return client.post(reverse(f"analyses:{name}"), sent, follow=True).content.decode()

    def test_it_is_searched_by_tag(
        self, three: list[Analysis], owner_client: Client, other: User, other_client: Client
    ) -> None:
        tag = Tag.objects.get()
        assert self.found(owner_client, tag=tag.pk) == ["one"]
        # Somebody else's tag is no choice at all, so it filters nothing and finds only one's own.
        assert self.found(other_client, tag=tag.pk) == []
        assert "rare" not in other_client.get(reverse("analyses:history")).content.decode()

    def test_the_ticked_ones_are_tagged_and_untagged(self, three: list[Analysis], owner_client: Client) -> None:
        ticked = [str(analysis.pk) for analysis in three[:2]]
        html = self.post(owner_client, "tag-selected", selected=ticked, tags="Rare, ward 3", add="")
        assert "The tags of 2 analyses are changed." in html
        assert [tags_of(analysis) for analysis in three] == [["rare", "ward 3"], ["rare", "ward 3"], []]
        self.post(owner_client, "tag-selected", selected=ticked[1:], tags="RARE", remove="")
        assert [tags_of(analysis) for analysis in three] == [["rare", "ward 3"], ["ward 3"], []]

    def test_everything_that_the_search_finds_goes_beyond_the_page(
        self, three: list[Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("webportal.analyses.history.queries.page_of.__kwdefaults__", {"size": 1})
        self.post(owner_client, "tag-selected", everything="on", looking="kind=PVC", tags="all", add="")
        assert [("all" in tags_of(analysis)) for analysis in three] == [True, True, True]
        self.post(
            owner_client,
            "trash-selected",
            confirmed="yes",
            everything="on",
            looking=f"tag={Tag.objects.get(name='rare').pk}",
        )
        assert self.found(owner_client, sort="oldest") == ["two"]  # of the two that are left, a page of one
        assert Analysis.objects.filter(trashed_at__isnull=False).count() == 1

    def test_one_action_is_bounded(
        self, three: list[Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "BULK_LIMIT", 2)
        assert "2 analyses are in the trash." in self.post(
            owner_client, "trash-selected", confirmed="yes", everything="on"
        )
        assert Analysis.objects.filter(trashed_at__isnull=True).count() == 1

    def test_without_a_tag_or_a_tick_it_says_so(self, three: list[Analysis], owner_client: Client) -> None:
        assert "Write a tag first." in self.post(owner_client, "tag-selected", selected=[str(three[0].pk)], add="")
        assert "Tick something first." in self.post(owner_client, "tag-selected", tags="x", add="")
        assert not Tag.objects.filter(name="x").exists()

    def test_what_others_own_is_left_alone(self, three: list[Analysis], other: User, other_client: Client) -> None:
        ids = [str(analysis.pk) for analysis in three]
        for name in ("tag-selected", "run-selected-again"):
            assert "Tick something first." in self.post(other_client, name, selected=ids, tags="x", add="")
        assert Analysis.objects.count() == 3
        assert tagging.untag_analyses(actor=other, ids=[three[0].pk], names=["rare"]) == 0
        assert tags_of(three[0]) == ["rare"]

    def test_no_analysis_gets_too_many_tags_by_and_by(self, three: list[Analysis], owner: User) -> None:
        with pytest.raises(ValidationError):
            tagging.tag_analyses(actor=owner, ids=[three[0].pk], names=[f"t{n}" for n in range(tagging.MAX_TAGS)])
        assert tags_of(three[0]) == ["rare"]


class TestRunningAgain:
    def test_the_new_answer_leads_to_the_old_one_and_back(
        self, done: Callable[..., Any], far_side: FarSide, answered: Callable[..., Classification], owner_client: Client
    ) -> None:
        first = done()
        far_side.respond = lambda _data: answered("PACED")
        owner_client.post(reverse("analyses:run-again", args=[first.pk]))
        second = Analysis.objects.exclude(pk=first.pk).get()
        assert second.earlier == first
        for named, another in ((first, second), (second, first)):
            html = owner_client.get(named.get_absolute_url()).content.decode()
            assert "Every answer about this picture" in html
            assert f'href="{another.get_absolute_url()}"' in html
        first.delete()
        second.refresh_from_db()
        assert second.earlier is None

    def test_several_wait_for_the_worker_and_open_ones_are_left_alone(
        self, done: Callable[..., Any], upload: Callable[..., Analysis], owner_client: Client, far_side: FarSide
    ) -> None:
        finished, waiting = [done(), done()], upload()
        calls = len(far_side.calls)
        ids = [str(analysis.pk) for analysis in (*finished, waiting)]
        response = owner_client.post(reverse("analyses:run-selected-again"), {"selected": ids}, follow=True)
        assert "2 pictures are analysed again" in response.content.decode()
        again = Analysis.objects.filter(earlier__in=finished)
        assert len(far_side.calls) == calls
        assert {(analysis.state, analysis.task_id is not None) for analysis in again} == {("queued", True)}
        for analysis in again:
            assert running.run(analysis_id=analysis.pk, timeout=2.0)
        assert set(again.values_list("state", flat=True)) == {"done"}
