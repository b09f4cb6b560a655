"""Who may open what: every address as anybody. Nothing that belongs to another person is admitted to exist."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from ecg import store
from ecg.pictures.pages.corrections import NOTHING
from ecg.pictures.pages.result import Kind, PageReading
from inference_server.classification.page_messages import Digitized
from tests.inference_server.exports.made import analysis_of, recording_of, regular
from tests.webportal import access_table
from tests.webportal.api.conftest import program
from tests.webportal.conftest import FarSide
from tests.webportal.recordings.folders import folder_of
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.intake.batches import add_picture, begin_batch
from webportal.analyses.intake.taking import Wishes
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.recordings import beats_file
from webportal.recordings import services as recordings
from webportal.recordings.digitizing.stored import StoredPage
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db

SAMPLE = min((Path(__file__).resolve().parents[2] / "samples" / "PVC").glob("*.png"))


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
    analysis = upload(label="strip-zzyzx", keep_original=True)
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


def keep_recording(owner: User, name: str) -> Recording:
    """A recording that was read, and an answer about it."""
    signal = recording_of(regular(20), 20)
    row = Recording(owner=owner, name=name, files=[{"name": "strip-zzyzx.csv", "bytes": 1, "sha256": "0" * 64}])
    store.write(signal, folder_of(row) / "store", kind="CSV")
    (folder_of(row) / "sent").mkdir()
    shutil.copy(SAMPLE, folder_of(row) / "sent/0")
    reading = PageReading(Kind.STRIP, (64, 64))
    StoredPage(row).store(Digitized(reading, SAMPLE.read_bytes()), NOTHING)
    row.state, row.finished_at = Recording.State.READ, timezone.now()
    row.kind, row.leads, row.rate = "CSV", list(signal.leads), signal.rate
    row.samples, row.seconds = signal.samples, signal.seconds
    row.save(force_insert=True)
    said = analysis_of(regular(20), 20)
    answer = RecordingAnalysis(recording=row, owner=owner, state=RecordingAnalysis.State.DONE)
    answer.finished_at, answer.beats, answer.summary = timezone.now(), len(said.beats), beats_file.summary_of(said)
    answer.model_name, answer.model_version = said.model.name, said.model.version
    answer.beats_file = f"{answer.pk}.beats"
    answer.recording.stored.write(answer.beats_file, beats_file.pack(said))
    answer.save(force_insert=True)
    return row


def test_every_address_answers_everybody_as_the_table_says(
    analysis: Analysis,
    upload: Callable[..., Analysis],
    drawn: Callable[..., bytes],
    owner: User,
    other: User,
    reviewer: User,
    staff: User,
    owner_client: Client,
    other_client: Client,
    reviewer_client: Client,
    staff_client: Client,
) -> None:
    """Renew the table with ``make access`` and read what changed in it."""
    shared = upload(drawn(shift=9), label="shared-zzyzx")
    running.run(analysis_id=shared.pk, timeout=2.0)
    services.share_analyses(actor=owner, ids=[shared.pk])
    shared.refresh_from_db()
    batch = begin_batch(owner=owner, batch_id=uuid.uuid4(), name="batch-strip-zzyzx")
    add_picture(batch=batch, place=0, name="", data=drawn(shift=5), wishes=Wishes(label="strip-zzyzx"))
    services.begin_round(reader=owner, round_id=uuid.uuid4(), ids=[analysis.pk])
    keep_recording(owner, "recording-strip-zzyzx")
    recordings.share(actor=owner, ids=[keep_recording(owner, "shared-zzyzx").pk])
    clients = {
        "anonymous": Client(),
        "owner": owner_client,
        "other user": other_client,
        "reviewer": reviewer_client,
        "reviewer, shared": reviewer_client,
        "administrator": staff_client,
    }
    people = {owner: owner_client, other: other_client, reviewer: reviewer_client, staff: staff_client}
    for user, client in people.items():
        client.defaults["HTTP_AUTHORIZATION"] = program(user).defaults["HTTP_AUTHORIZATION"]
    answers = list(access_table.answers(clients, analysis, shared))

    leaks = [
        (answer.address, answer.role, secret)
        for answer in answers
        if answer.role in ("anonymous", "other user", "reviewer")
        for secret in (b"strip-zzyzx", b"owner-zzyzx", analysis.upload.sha256.encode())
        if secret in answer.body
    ]
    assert leaks == []
    page = access_table.table(answers)
    if os.environ.get("BEATLENS_WRITE_ACCESS") == "1":
        access_table.PAGE.write_text(page)
    assert access_table.PAGE.read_text() == page


def test_only_the_owner_deletes(
    analysis: Analysis, other_client: Client, staff_client: Client, owner_client: Client
) -> None:
    url = reverse("analyses:delete", args=[analysis.pk])
    assert Client().post(url).status_code == 302
    assert other_client.post(url).status_code == 404
    assert staff_client.post(url).status_code == 404
    assert Analysis.objects.filter(pk=analysis.pk).exists()
    assert owner_client.post(url).status_code == 302
    assert Analysis.objects.get(pk=analysis.pk).trashed_at
    assert owner_client.post(url).status_code == 302
    assert not Analysis.objects.filter(pk=analysis.pk).exists()


def test_staff_without_the_permission_see_no_pictures(analysis: Analysis, make_user: Callable[..., User]) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True))
    assert client.get(reverse("analyses:picture", args=[analysis.upload_id])).status_code == 404


@pytest.mark.parametrize("name", ["analyses:picture", "analyses:thumbnail", "analyses:evidence-picture"])
def test_pictures_are_sent_locked_up(name: str, analysis: Analysis, owner_client: Client) -> None:

    key = analysis.upload_id if name in ("analyses:picture", "analyses:thumbnail") else analysis.pk
    response = owner_client.get(reverse(name, args=[key, "PVC"][: 2 if "evidence" in name else 1]))
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.getvalue().startswith(b"\x89PNG")
    response.close()


def test_every_page_of_the_administration_opens(analysis: Analysis, staff_client: Client) -> None:
    for model, model_admin in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert staff_client.get(reverse(f"{base}_changelist")).status_code == 200
        assert staff_client.get(reverse(f"{base}_changelist") + "?q=a").status_code == 200
        row = model._default_manager.first()
        if row is not None:
            assert staff_client.get(reverse(f"{base}_change", args=[row.pk])).status_code == 200
        if model_admin.has_add_permission(staff_client.get("/").wsgi_request):
            assert staff_client.get(reverse(f"{base}_add")).status_code == 200


def test_predictions_cannot_be_edited_in_the_administration(analysis: Analysis, staff_client: Client) -> None:
    url = reverse("admin:analyses_analysis_change", args=[analysis.pk])
    staff_client.post(url, {"class_short": "NORMAL", "class_name": "Normal", "state": "failed"})
    analysis.refresh_from_db()
    assert (analysis.state, analysis.class_short) == ("done", "PVC")


def test_the_administration_has_the_same_door() -> None:
    response = Client().get("/admin/login/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert b'name="login"' in response.content


def test_an_ordinary_user_gets_no_further_at_the_door_of_the_administration(owner_client: Client) -> None:
    assert owner_client.get("/admin/", follow=True).status_code == 403


def test_administrators_find_rows_by_whole_values(analysis: Analysis, owner: User, staff_client: Client) -> None:
    def found(model: str, term: str) -> int:
        return staff_client.get(reverse(f"admin:analyses_{model}_changelist"), {"q": term}).context["cl"].result_count

    terms = (str(analysis.pk), str(analysis.upload_id), owner.username.upper(), owner.email)
    assert [found("analysis", term) for term in terms] == [1, 1, 1, 1]
    assert found("upload", analysis.upload.sha256) == 1
    for term in ("strip-zzyzx", "zzyzx", "", str(owner.pk)):
        assert found("analysis", term) == (0 if term else 1)


def test_lists_of_the_administration_are_filtered(analysis: Analysis, staff_client: Client) -> None:
    url = reverse("admin:analyses_analysis_changelist")
    both = "state__exact=done&verdict__exact=CONFIDENT"
    for asked, count in (("class_short=PVC", 1), ("class_short=PACED", 0), (both, 1)):
        assert staff_client.get(f"{url}?{asked}").context["cl"].result_count == count


def test_a_proxy_sends_the_file_that_the_portal_allows(
    analysis: Analysis, owner_client: Client, other_client: Client, settings: Settings
) -> None:
    settings.ACCEL_PREFIX = "/private-files/"
    url = reverse("analyses:picture", args=[analysis.upload_id])
    response = owner_client.get(url)
    assert response["X-Accel-Redirect"] == f"/private-files/{analysis.upload.picture.name}"
    assert response["Content-Type"] == "image/png"
    assert "no-store" in response["Cache-Control"]
    assert response.content == b""
    assert "X-Accel-Redirect" not in other_client.get(url)
