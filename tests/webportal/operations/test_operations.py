"""What an administrator sees of how the installation is doing, and what they do about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inference_server.classification import Classification, ModelInfo, TrainingProfile, Verdict
from tests.webportal.conftest import FarSide, Refusal, always
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Upload
from webportal.audit.models import Entry
from webportal.operations import figures, views

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


@pytest.fixture
def answers(
    far_side: FarSide,
    upload: Callable[..., Analysis],
    answered: Callable[..., Classification],
    refusal: type[Refusal],
    drawn: Callable[..., bytes],
) -> Any:
    """Three sure beats of one class, one of another, one picture that is no beat, one refused, one that waits."""

    def refuse(_data: bytes) -> Classification:
        raise refusal("IMAGE_CORRUPT")

    no_beat = answered("PVC", probability=0.4, verdict=Verdict.NOT_A_BEAT)
    said = [answered("PVC", probability=0.9)] * 3 + [answered("PACED", probability=0.5), no_beat, refuse, None]
    made = []
    for number, response in enumerate(said):
        made.append(upload(drawn(shift=number)))
        if response is not None:
            far_side.respond = response if callable(response) else partial(always, response)
            running.run(analysis_id=made[-1].pk, timeout=2.0)
    return made


def model(profile: TrainingProfile | None) -> ModelInfo:
    return ModelInfo(
        name="arrhythmia", version="7", classes=(), input_height=128, input_width=192, digest="0" * 64,
        training_run="test", scores={}, licence_notice="", profile=profile,
    )  # fmt: skip


def test_volume_and_queue(answers: Any) -> None:
    volume, queue = figures.volume(WEEK), figures.queue()
    assert volume.asked == 7
    assert volume.states == {"done": 5, "rejected": 1, "queued": 1}
    assert volume.verdicts == {"CONFIDENT": 4, "NOT_A_BEAT": 1}
    assert volume.reasons == {"IMAGE_CORRUPT": 1}
    assert (queue.waiting, queue.running, queue.without_server) == (1, 0, 0)
    assert 0 < queue.oldest_seconds < 600
    assert figures.volume(timedelta(0)).asked == 0


@pytest.fixture
def many(upload: Callable[..., Analysis], owner: User) -> Callable[..., Any]:
    """Makes so many pictures with a sure answer of each class."""

    def make(**numbers: int) -> None:
        now = timezone.now()
        first = upload().upload
        uploads = [
            Upload(owner=owner, media_type="image/png", size=1, sha256=f"{place:064}", picture=first.picture.name)
            for place in range(sum(numbers.values()))
        ]
        Upload.objects.bulk_create(uploads)
        classes = [short for short, number in numbers.items() for _ in range(number)]
        Analysis.objects.bulk_create(
            Analysis(
                upload=kept, owner=owner, state="done", finished_at=now, created_at=now, class_short=short,
                class_name=short, verdict="CONFIDENT", probability=0.8, model_name="arrhythmia", model_version="7",
            )
            for kept, short in zip(uploads, classes, strict=True)
        )  # fmt: skip

    return make


class TestDrift:
    def test_answers_like_those_in_training_are_none(self, far_side: FarSide, many: Callable[..., Any]) -> None:
        many(PVC=300, PACED=100)
        alike = figures.drift(model(TrainingProfile({"PVC": 0.75, "PACED": 0.25}, mean_confidence=0.8)), WEEK)
        assert (alike.answers, alike.mix_distance) == (400, 0.0)
        assert alike.mean_confidence == pytest.approx(0.8)
        assert not alike.mix_has_drifted
        assert not alike.confidence_has_drifted

    def test_far_more_than_chance_is_drift(self, far_side: FarSide, many: Callable[..., Any]) -> None:
        many(PVC=300, PACED=100)
        unlike = figures.drift(model(TrainingProfile({"PVC": 0.25, "NORMAL": 0.75}, mean_confidence=0.99)), WEEK)
        assert unlike.mix_distance == pytest.approx(0.75)
        assert unlike.mix_distance_at_least is not None
        assert 0.6 < unlike.mix_distance_at_least < 0.7
        assert unlike.mix_has_drifted
        assert unlike.confidence_has_drifted

    def test_what_chance_can_do_is_none_however_it_looks(self, far_side: FarSide, many: Callable[..., Any]) -> None:
        many(PVC=166, PACED=134)
        profile = TrainingProfile({"PVC": 0.8, "PACED": 0.2}, mean_confidence=0.8)
        near = figures.drift(model(profile), WEEK)
        assert near.mix_distance is not None
        assert near.mix_distance_at_least is not None
        assert near.mix_distance > figures.LARGEST_MIX_DISTANCE > near.mix_distance_at_least
        assert not near.mix_has_drifted

    def test_a_bound_is_rarely_wrong(self) -> None:
        """Many made mixes of a known one: what they show is hardly ever above what is true."""
        random = Random(7)  # noqa: S311 - repeatable, protects nothing
        true, training = [0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02], [0.3, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02]
        distance = sum(abs(a - b) for a, b in zip(true, training, strict=True)) / 2
        wrong = 0
        for _ in range(500):
            drawn = random.choices(range(7), true, k=300)
            shares = [drawn.count(place) / 300 for place in range(7)]
            seen = sum(abs(a - b) for a, b in zip(shares, training, strict=True)) / 2
            wrong += figures.mix_distance_at_least(shares, seen, 300) > distance
        assert wrong <= 500 * figures.ALPHA

    def test_with_few_pictures_none_is_claimed(self, far_side: FarSide, many: Callable[..., Any]) -> None:
        many(PVC=figures.ENOUGH_ANSWERS - 1)
        few = figures.drift(model(TrainingProfile({"VF": 1.0}, mean_confidence=0.1)), WEEK)
        assert few.mix_distance == 1.0
        assert not few.mix_has_drifted
        assert not few.confidence_has_drifted

    def test_a_picture_counts_once_however_often_it_was_asked_about(self, answers: Any, owner: User) -> None:
        for _ in range(3):
            again = services.run_again(actor=owner, analysis=Analysis.objects.get(pk=answers[0].pk))
            running.run(analysis_id=again.pk, timeout=2.0)
        assert figures.drift(model(None), WEEK).answers == 4

    def test_without_a_profile_there_is_nothing_to_compare(self, answers: Any) -> None:
        untold = figures.drift(model(None), WEEK)
        assert (untold.mix_distance, untold.training_confidence, untold.mix_has_drifted) == (None, None, False)

    def test_without_an_answer_there_is_nothing_at_all(self, far_side: FarSide) -> None:
        empty = figures.drift(model(TrainingProfile({"VF": 1.0}, mean_confidence=0.1)), WEEK)
        assert (empty.answers, empty.mean_confidence, empty.mix_distance) == (0, None, None)


class TestTables:
    def test_each_adds_up_to_a_hundred(self, answers: Any, staff_client: Client) -> None:
        tables = {table.title: table for table in staff_client.get(reverse("operations")).context["tables"]}
        assert list(tables) == [
            "States", "Verdicts of what is done", "Model versions of what is done", "Reasons of what was refused",
        ]  # fmt: skip
        for table in tables.values():
            assert sum(row.percent for row in table.rows) == pytest.approx(100.0)
        totals = [table.total for table in tables.values()]
        assert totals == [7, 5, 5, 1]
        reason = tables["Reasons of what was refused"].rows[0]
        assert (reason.name, reason.code) == ("The picture is damaged and can't be decoded.", "IMAGE_CORRUPT")

    @given(st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=12))
    def test_shares_add_up_whatever_the_numbers(self, numbers: Any) -> None:
        shares = views.percentages(numbers)
        assert sum(round(share * 10) for share in shares) == (1000 if sum(numbers) else 0)
        for number, share in zip(numbers, shares, strict=True):
            assert abs(share - 100 * number / max(sum(numbers), 1)) < 0.1


class TestDashboard:
    def test_it_tells_what_is_known(self, answers: Any, staff_client: Client) -> None:
        html = staff_client.get(reverse("operations")).content.decode()
        assert "✓ serving" in html
        assert "Asked in this period: 7" in html
        assert "IMAGE_CORRUPT" in html
        assert "doesn’t tell what it answered" in html  # the far side's model has no profile

    def test_it_opens_without_a_server(self, far_side: FarSide, staff_client: Client) -> None:
        far_side.down()
        html = staff_client.get(reverse("operations"), {"period": "nonsense"}).content.decode()
        assert "✗ not serving" in html
        assert "can’t be asked" in html

    def test_staff_need_the_permission(self, make_user: Callable[..., User], client: Client) -> None:
        client.force_login(make_user(is_staff=True))
        assert client.get(reverse("operations")).status_code == 403


def act(client: Client, action: str, *chosen: Analysis) -> Any:
    url = reverse("admin:analyses_analysis_changelist")
    return client.post(url, {"action": action, "_selected_action": [str(analysis.pk) for analysis in chosen]})


def test_running_again_adds_an_analysis_of_the_owners(answers: Any, owner: User, staff_client: Client) -> None:
    act(staff_client, "run_again", answers[0], answers[6])  # done, and waiting
    added = Analysis.objects.exclude(pk__in=[analysis.pk for analysis in answers]).get()
    assert (added.upload_id, added.owner, added.state) == (answers[0].upload_id, owner, "queued")


def test_an_export_holds_what_was_chosen_and_is_written_down(answers: Any, staff_client: Client) -> None:
    response = act(staff_client, "export_csv", answers[0], answers[3])
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert sorted(row["class"] for row in rows) == ["PACED", "PVC"]
    looks = Entry.objects.exclude(action=Entry.Action.POWER)
    assert sorted(looks.values_list("action", "record")) == sorted(
        ("download", str(answers[number].pk)) for number in (0, 3)
    )
