"""A batch is a thing that lasts: its files, how far it is, what failed first, its names, and the way out and back."""

from __future__ import annotations

import csv
import io
import json
import logging
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from tests.webportal.analyses.sending import analysis_of, page, send
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.history import batches
from webportal.analyses.intake import file_names
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Batch, BatchFile, Upload

pytestmark = pytest.mark.django_db


class TestPage:
    def test_several_files_lead_to_a_page_that_stays(self, batch: Batch, owner_client: Client) -> None:
        html = page(owner_client, batch)
        assert "<h1>ward 3</h1>" in html
        assert "All 5 pictures are through" in html
        assert "hx-trigger" not in html

    def test_it_counts_every_outcome(self, batch: Batch) -> None:
        assert batches.progress_of([batch.pk])[batch.pk] == batches.Progress(
            refused=1, rejected=1, confident=1, uncertain=1, no_beat=1
        )

    def test_what_has_no_answer_comes_first(self, batch: Batch) -> None:
        assert [file.name for file in batches.files_of(batch)] == [
            "notes.txt",
            "broken.png",
            "none.png",
            "doubt.png",
            "sure.png",
        ]

    def test_failures_say_why(self, batch: Batch, owner_client: Client) -> None:
        html = page(owner_client, batch)
        assert "The file is a text." in html
        assert "The picture is damaged" in html

    def test_while_something_waits_it_refreshes_itself(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], settings: Settings
    ) -> None:
        settings.INFERENCE_FAST_TIMEOUT = 0.2
        far_side.down()
        response = send(owner_client, ("a.png", drawn()), ("b.png", drawn(shift=1)))
        html = owner_client.get(response["Location"]).content.decode()
        assert "0 of 2 pictures are through" in html
        assert 'hx-trigger="every 2s"' in html
        assert "<noscript><meta" in html
        far_side.up()
        for analysis in Analysis.objects.all():
            Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now())
            running.run(analysis_id=analysis.pk, timeout=2.0)
        part = owner_client.get(response["Location"] + "status/").content.decode()
        assert "<html" not in part
        assert "All 2 pictures are through" in part
        assert "hx-trigger" not in part
        assert '<p id="batch-said" hx-swap-oob="innerHTML">All 2 pictures are through' in part  # is read out

    def test_files_that_never_arrived_are_missed(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        ids = {"form_id": uuid.uuid4(), "part": "1", "expected": 3}
        send(owner_client, ("a.png", drawn()), place=0, **ids)
        batch = Batch.objects.get()
        assert "1 of 3 pictures are through" in page(owner_client, batch)
        assert "2 of 3 chosen files have not arrived." in page(owner_client, batch)
        Batch.objects.update(created_at=timezone.now() - batches.SENDING)
        html = page(owner_client, batch)
        assert "Choose the same files once more" in html
        assert "hx-trigger" not in html

    def test_results_lead_back_through_the_batch(self, batch: Batch, owner_client: Client) -> None:
        analysis = analysis_of(batch, "sure.png")
        assert f'href="{analysis.get_absolute_url()}?batch={batch.pk}"' in page(owner_client, batch)
        html = owner_client.get(f"{analysis.get_absolute_url()}?batch={batch.pk}").content.decode()
        assert f'href="{batch.get_absolute_url()}"' in html
        assert f"?batch={batch.pk}#a-" in html

    def test_nobody_else_sees_it(self, batch: Batch, other_client: Client, staff_client: Client) -> None:
        for client in (other_client, staff_client):
            assert client.get(batch.get_absolute_url()).status_code == 404
            assert client.get(reverse("analyses:batches")).content.decode().count(str(batch.pk)) == 0
        assert Client().get(batch.get_absolute_url()).status_code == 302


class TestCost:
    def files(self, count: int, drawn: Callable[..., bytes]) -> list[tuple[str, bytes]]:
        return [(f"{n}.png", drawn(shift=n)) for n in range(count)]

    def test_the_number_of_queries_does_not_grow_with_the_batch(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        send(owner_client, *self.files(12, drawn))
        batch = Batch.objects.get()
        with django_assert_max_num_queries(10):
            owner_client.get(batch.get_absolute_url())
        with django_assert_max_num_queries(10):
            owner_client.get(batch.get_absolute_url() + "status/")

    def test_nor_that_of_the_list_with_the_number_of_batches(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for n in range(6):
            send(owner_client, ("a.png", drawn(shift=2 * n)), ("b.png", drawn(shift=2 * n + 1)))
        with django_assert_max_num_queries(6):
            assert len(owner_client.get(reverse("analyses:batches")).context["rows"]) == 6

    def test_nor_that_of_its_files_as_csv(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        send(owner_client, *self.files(12, drawn))
        address = f"{Batch.objects.get().get_absolute_url()}files.csv"
        with django_assert_max_num_queries(8):
            lines = owner_client.get(address).getvalue()
        assert lines.decode().count("\n") == 13

    def test_a_long_batch_has_pages(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "FILES_SHOWN", 2)
        send(owner_client, *self.files(5, drawn))
        batch = Batch.objects.get()
        pages = [list(owner_client.get(batch.get_absolute_url(), {"page": n}).context["page"]) for n in (1, 2, 3)]
        assert [len(files) for files in pages] == [2, 2, 1]
        assert len({file.pk for files in pages for file in files}) == 5
        for nonsense in ("x", "-1", "999999999", "0"):
            assert owner_client.get(batch.get_absolute_url(), {"page": nonsense}).status_code == 200


class TestFileNames:
    def test_they_are_kept_only_where_the_owner_wishes(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        sent = (("Jane Doe 1950.png", drawn()), ("Jane Doe 1951.txt", b"text"))
        response = send(owner_client, *sent)
        assert "Jane" not in owner_client.get(response["Location"]).content.decode()
        assert not Upload.objects.exclude(file_name="").exists()
        assert not BatchFile.objects.exclude(name="").exists()
        assert "File 1" in owner_client.get(response["Location"]).content.decode()
        send(owner_client, ("Jane Doe 1952.png", drawn(shift=1)), keep_names="on")
        assert Upload.objects.get(file_name="Jane Doe 1952.png")
        assert "Jane" not in caplog.text

    @pytest.mark.parametrize("default", [True, False])
    def test_the_installation_says_what_is_ticked_beforehand(
        self, default: bool, owner_client: Client, settings: Settings
    ) -> None:
        settings.KEEP_FILE_NAMES = default
        form = owner_client.get(reverse("analyses:predict")).context["form"]
        assert form["keep_names"].value() is default

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("a.png", "a.png"),
            ("C:\\scans\\a.png", "a.png"),
            ("/home/me/a.png", "a.png"),
            ("a\x00\nb\u202e.png", "a b .png"),
            ("  a   b.png ", "a b.png"),
            ("u\u0308.png", "ü.png"),
            ("x" * 400 + ".png", "x" * 250 + "….png"),
            ("x" * 400, "x" * 254 + "…"),
            ("", ""),
        ],
        ids=["plain", "windows", "path", "controls", "spaces", "composed", "long", "long without ending", "none"],
    )
    def test_they_are_tidy(self, sent: Any, kept: Any) -> None:
        assert file_names.tidy(sent) == kept
        assert len(kept) <= file_names.LONGEST == BatchFile._meta.get_field("name").max_length

    def test_they_are_found_in_the_batch_and_in_the_history(
        self, batch: Batch, owner_client: Client, other_client: Client
    ) -> None:
        files = owner_client.get(batch.get_absolute_url(), {"q": "DOUBT"}).context["page"]
        assert [file.name for file in files] == ["doubt.png"]
        assert "Nothing fits" in page(owner_client, batch, q="zzz")

        def labels(client: Client, **wanted: str) -> list[str]:
            files = client.get(reverse("analyses:history"), wanted).context["page"]
            return sorted(analysis.upload.file_name for analysis in files.rows)

        assert labels(owner_client, file="doubt") == ["doubt.png"]
        assert labels(owner_client, file="%") == []
        assert labels(owner_client, batch=str(batch.pk)) == ["broken.png", "doubt.png", "none.png", "sure.png"]
        assert labels(owner_client, batch=str(batch.pk), outcome="CONFIDENT") == ["sure.png"]
        assert labels(owner_client, batch=str(uuid.uuid4())) == []
        assert len(labels(owner_client, batch="nonsense")) == 4  # left out, as every nonsense
        assert labels(other_client, batch=str(batch.pk)) == []

    def test_they_travel_with_what_is_exported(self, batch: Batch, owner_client: Client) -> None:
        rows = list(
            csv.DictReader(
                io.StringIO(owner_client.get(reverse("analyses:history-csv")).getvalue().decode("utf-8-sig"))
            )
        )
        assert {row["file_name"] for row in rows} == {"sure.png", "doubt.png", "none.png", "broken.png"}
        exported = json.loads(owner_client.get(reverse("analyses:history-json")).getvalue())
        assert "sure.png" in {row["file_name"] for row in exported}
        archive = zipfile.ZipFile(io.BytesIO(owner_client.post(reverse("accounts:export")).getvalue()))
        (described,) = json.loads(archive.read("batches.json"))
        assert [file["name"] for file in described["files"]] == [
            "sure.png",
            "doubt.png",
            "none.png",
            "notes.txt",
            "broken.png",
        ]

    def test_the_batch_as_csv_has_what_was_not_accepted_too(
        self, batch: Batch, owner_client: Client, other_client: Client
    ) -> None:
        url = reverse("analyses:batch-csv", args=[batch.pk])
        assert other_client.get(url).status_code == 404
        rows = list(csv.DictReader(io.StringIO(owner_client.get(url).getvalue().decode("utf-8-sig"))))
        assert [(row["file"], row["sent_name"], row["outcome"], row["class"]) for row in rows] == [
            ("1", "sure.png", "confident", "PVC"),
            ("2", "doubt.png", "uncertain", "PACED"),
            ("3", "none.png", "no_beat", ""),
            ("4", "notes.txt", "refused", ""),
            ("5", "broken.png", "rejected", ""),
        ]
        assert rows[3]["not_accepted"] == "FILE_IS_TEXT"

    def test_administrators_do_not_see_them(self, batch: Batch, staff_client: Client) -> None:
        analysis = analysis_of(batch, "sure.png")
        for name, key in (("upload", analysis.upload_id), ("analysis", analysis.pk)):
            for action in ("change", "delete", "history"):
                html = staff_client.get(reverse(f"admin:analyses_{name}_{action}", args=[key])).content.decode()
                assert "sure.png" not in html

    def test_they_can_be_forgotten_for_good(self, batch: Batch, owner_client: Client, other_client: Client) -> None:
        url = reverse("analyses:batch-forget-names", args=[batch.pk])
        assert other_client.post(url).status_code == 404
        assert "sure.png" in page(owner_client, batch)
        owner_client.post(url)
        assert "sure.png" not in page(owner_client, batch)
        assert not Upload.objects.exclude(file_name="").exists()
        assert "Forget the file names" not in page(owner_client, batch)


class TestPuttingAway:
    def test_it_goes_with_its_analyses_and_comes_back_with_them(
        self, batch: Batch, owner: User, owner_client: Client, other_client: Client
    ) -> None:
        by_itself = analysis_of(batch, "none.png")
        services.trash_analysis(actor=owner, analysis=by_itself)
        url = reverse("analyses:batch-delete", args=[batch.pk])
        assert other_client.post(url).status_code == 404
        asked = owner_client.get(url).content.decode()
        assert "the analyses of its 5 pictures" in asked
        assert Batch.objects.get().trashed_at is None
        owner_client.post(url)
        assert owner_client.get(reverse("analyses:history")).context["page"].rows == []
        assert "ward 3" not in owner_client.get(reverse("analyses:batches")).content.decode()
        assert "ward 3" in owner_client.get(reverse("analyses:trash")).content.decode()
        assert "This batch is in the trash." in page(owner_client, batch)

        assert other_client.post(reverse("analyses:batch-restore", args=[batch.pk])).status_code == 404
        owner_client.post(reverse("analyses:batch-restore", args=[batch.pk]))
        left = Analysis.objects.filter(trashed_at__isnull=False)
        assert [analysis.pk for analysis in left] == [by_itself.pk]  # it went by itself, and stays

    def test_what_was_there_before_it_stays(
        self, far_side: FarSide, batch: Batch, owner: User, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        send(owner_client, ("sure again.png", drawn()), ("new.png", drawn(shift=8)))
        second = Batch.objects.exclude(pk=batch.pk).get()
        assert services.trash_batch(actor=owner, batch=second) == 1
        assert analysis_of(batch, "sure.png").trashed_at is None

    def test_everything_comes_back_at_once(self, batch: Batch, owner: User, owner_client: Client) -> None:
        services.trash_batch(actor=owner, batch=batch)
        owner_client.post(reverse("analyses:restore-all"))
        batch.refresh_from_db()
        assert batch.trashed_at is None
        assert not Analysis.objects.filter(trashed_at__isnull=False).exists()

    def test_after_its_time_it_is_gone(self, batch: Batch, owner: User, settings: Settings) -> None:
        services.trash_batch(actor=owner, batch=batch)
        long_ago = timezone.now() - timedelta(days=settings.TRASH_DAYS)
        Batch.objects.update(trashed_at=long_ago)
        Analysis.objects.update(trashed_at=long_ago)
        services.empty_trash()
        assert [model.objects.count() for model in (Batch, BatchFile, Analysis)] == [0, 0, 0]

    def test_a_file_whose_analysis_was_deleted_says_so(self, batch: Batch, owner: User, owner_client: Client) -> None:
        services.delete_analysis(actor=owner, analysis=analysis_of(batch, "sure.png"))
        assert "Deleted since" in page(owner_client, batch)
        assert batches.progress_of([batch.pk])[batch.pk].deleted == 1

    def test_it_has_another_name(self, batch: Batch, owner_client: Client, other_client: Client) -> None:
        url = reverse("analyses:batch-name", args=[batch.pk])
        assert other_client.post(url, {"name": "mine"}).status_code == 404
        owner_client.post(url, {"name": "Holter <b>7</b>"})
        assert "<h1>Holter &lt;b&gt;7&lt;/b&gt;</h1>" in page(owner_client, batch)
        assert owner_client.post(url, {"name": "x" * 101}).status_code == 422
        owner_client.post(url, {"name": ""})
        assert "<h1>Batch of " in page(owner_client, batch)

    def test_nothing_arrives_in_a_batch_that_is_in_the_trash(
        self, batch: Batch, owner: User, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        services.trash_batch(actor=owner, batch=batch)
        late = {"form_id": batch.pk, "part": "1", "place": 7}
        assert send(owner_client, ("late.png", drawn(shift=9)), **late).status_code == 404

    def test_services_leave_what_others_own_alone(self, batch: Batch, other: User) -> None:
        for change in (
            lambda: services.rename_batch(actor=other, batch=batch, name="x"),
            lambda: services.forget_file_names(actor=other, batch=batch),
            lambda: services.trash_batch(actor=other, batch=batch),
            lambda: services.restore_batch(actor=other, batch=batch),
        ):
            with pytest.raises(PermissionDenied):
                change()
