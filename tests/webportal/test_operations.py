"""What an administrator sees of how the installation is doing, and what they do about it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from inference_server.classification import ModelInfo, TrainingProfile, Verdict
from webportal.analyses import services
from webportal.analyses.models import Analysis
from webportal.audit.models import Entry
from webportal.operations import figures

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


@pytest.fixture
def answers(far_side, upload, answered, refusal, drawn):
    """Three sure beats of one class, one of another, one picture that is no beat, one refused, one that waits."""

    def refuse(_data: bytes):
        raise refusal("IMAGE_CORRUPT")

    no_beat = answered("PVC", probability=0.4, verdict=Verdict.NOT_A_BEAT)
    said = [answered("PVC", probability=0.9)] * 3 + [answered("PACED", probability=0.5), no_beat, refuse, None]
    made = []
    for number, each in enumerate(said):
        made.append(upload(drawn(shift=number)))
        if each is not None:
            far_side.respond = each if callable(each) else lambda _data, each=each: each
            services.run(analysis_id=made[-1].pk, timeout=2.0)
    return made


def model(profile: TrainingProfile | None) -> ModelInfo:
    return ModelInfo(
        name="arrhythmia", version="7", classes=(), input_height=128, input_width=192, digest="0" * 64,
        training_run="test", scores={}, licence_notice="", profile=profile,
    )  # fmt: skip


def test_volume_and_queue(answers):
    volume, queue = figures.volume(WEEK), figures.queue()
    assert volume.asked == 7
    assert volume.states == {"done": 5, "rejected": 1, "queued": 1}
    assert volume.verdicts == {"CONFIDENT": 4, "NOT_A_BEAT": 1}
    assert volume.reasons == {"IMAGE_CORRUPT": 1}
    assert (queue.waiting, queue.running, queue.without_server) == (1, 0, 0)
    assert 0 < queue.oldest_seconds < 600
    assert figures.volume(timedelta(0)).asked == 0


def test_drift_is_measured_against_the_models_training_profile(answers, monkeypatch):
    monkeypatch.setattr(figures, "ENOUGH_ANSWERS", 4)
    alike = figures.drift(model(TrainingProfile({"PVC": 0.75, "PACED": 0.25}, mean_confidence=0.8)), WEEK)
    assert (alike.answers, alike.mix_distance, alike.mean_confidence) == (4, 0.0, pytest.approx(0.8))
    assert not alike.mix_has_drifted
    assert not alike.confidence_has_drifted

    unlike = figures.drift(model(TrainingProfile({"PVC": 0.25, "NORMAL": 0.75}, mean_confidence=0.99)), WEEK)
    assert unlike.mix_distance == pytest.approx(0.75)
    assert unlike.mix_has_drifted
    assert unlike.confidence_has_drifted


def test_without_a_profile_or_with_few_answers_no_drift_is_claimed(answers):
    untold = figures.drift(model(None), WEEK)
    assert (untold.mix_distance, untold.training_confidence, untold.mix_has_drifted) == (None, None, False)
    few = figures.drift(model(TrainingProfile({"VF": 1.0}, mean_confidence=0.1)), WEEK)
    assert few.mix_distance == 1.0
    assert not few.mix_has_drifted


class TestDashboard:
    def test_it_tells_what_is_known(self, answers, staff_client):
        html = staff_client.get(reverse("operations")).content.decode()
        assert "✓ serving" in html
        assert "Asked in this period: 7" in html
        assert "IMAGE_CORRUPT" in html
        assert "doesn’t tell what it answered" in html  # the far side's model has no profile

    def test_it_opens_without_a_server(self, far_side, staff_client):
        far_side.down()
        html = staff_client.get(reverse("operations"), {"period": "nonsense"}).content.decode()
        assert "✗ not serving" in html
        assert "can’t be asked" in html

    def test_staff_need_the_permission(self, make_user, client):
        client.force_login(make_user(is_staff=True))
        assert client.get(reverse("operations")).status_code == 403


def act(client, action: str, *chosen: Analysis):
    url = reverse("admin:analyses_analysis_changelist")
    return client.post(url, {"action": action, "_selected_action": [str(each.pk) for each in chosen]})


def test_running_again_adds_an_analysis_of_the_owners(answers, owner, staff_client):
    act(staff_client, "run_again", answers[0], answers[6])  # done, and waiting
    added = Analysis.objects.exclude(pk__in=[each.pk for each in answers]).get()
    assert (added.upload_id, added.owner, added.state) == (answers[0].upload_id, owner, "queued")


def test_an_export_holds_what_was_chosen_and_is_written_down(answers, staff_client):
    response = act(staff_client, "export_csv", answers[0], answers[3])
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert sorted(row["class"] for row in rows) == ["PACED", "PVC"]
    looks = Entry.objects.exclude(action=Entry.Action.POWER)
    assert sorted(looks.values_list("action", "record")) == sorted(
        ("download", str(answers[number].pk)) for number in (0, 3)
    )
