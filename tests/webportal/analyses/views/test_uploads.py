"""Sending pictures by the page's form: what is taken, what is refused in words, and nothing about anybody's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from inference_server.classification import Classification
from tests.webportal.conftest import FarSide
from tests.webportal.page_checks import check_page
from webportal.analyses import reasons
from webportal.analyses.intake.sniffing import media_type_of
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db

DISCLAIMER = "For research and education only. Not a medical device, not for diagnosis."


def send(client: Client, *pictures: bytes, name: str = "Jane Doe 1950.png", **fields: object) -> Any:
    files = [SimpleUploadedFile(name, picture, content_type="image/png") for picture in pictures]
    return client.post(reverse("analyses:predict"), {"picture": files, **fields})


class TestUploading:
    def test_a_picture_leads_to_its_result(self, far_side: FarSide, owner_client: Client, png: bytes) -> None:
        response = send(owner_client, png, label="strip 1")
        analysis = Analysis.objects.get()
        assert response.status_code == 302
        assert response["Location"] == reverse("analyses:result", args=[analysis.pk])
        html = check_page(owner_client.get(response["Location"]))
        assert "Premature Ventricular Contraction" in html
        assert "97.0 %" in html
        assert "version 7" in html
        assert 'data-class="PVC"' in html
        assert html.count(DISCLAIMER) >= 2  # beside the result and in the footer

    def test_the_files_own_name_is_kept_nowhere(self, far_side: FarSide, owner_client: Client, png: bytes) -> None:
        send(owner_client, png, name="Jane Doe 1950.png")
        upload = Upload.objects.get()
        values = " ".join(str(getattr(upload, field.name)) for field in Upload._meta.fields)
        assert "Jane" not in values
        assert "Jane" not in owner_client.get(upload.analyses.get().get_absolute_url()).content.decode()

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "IMAGE_EMPTY"),
            (b"just text", "FILE_IS_TEXT"),
            (b"\0" * 128 + b"DICM", "FILE_IS_DICOM"),
            (b"\0\1\2\3", "IMAGE_UNSUPPORTED_FORMAT"),
            (b"GIF89a and then nothing", "IMAGE_CORRUPT"),
        ],
        ids=["empty", "text", "dicom", "unknown", "broken"],
    )
    def test_what_is_no_picture_is_refused_with_the_reason(self, data: Any, reason: str, owner_client: Client) -> None:
        response = send(owner_client, data)
        assert response.status_code == 422
        html = check_page(response)
        assert reasons.explain(reason).problem in html.replace("&#x27;", "'")
        assert not Upload.objects.exists()

    @pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF", "PDF"])
    def test_other_kinds_of_pictures_are_converted_and_the_original_stays_what_it_was(
        self, kind: str, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        sent = drawn(kind=kind)
        page = send(owner_client, sent, name="beat", keep_original="on")
        assert page.status_code == 302
        assert far_side.calls[0].startswith((b"\x89PNG", b"\xff\xd8\xff"))
        upload = Upload.objects.get()
        original = owner_client.get(reverse("analyses:original", args=[upload.pk]))
        assert b"".join([original.getvalue()]) == sent
        assert original["Content-Type"] == media_type_of(sent)
        assert f"original.{original['Content-Type'].rpartition('/')[2]}" in original["Content-Disposition"]

    def test_a_file_beyond_the_limit_is_refused(self, owner_client: Client, png: bytes, settings: Settings) -> None:
        settings.PICTURE_MAX_BYTES = 100
        response = send(owner_client, png)
        assert response.status_code == 422
        assert not Upload.objects.exists()

    def test_no_file_at_all(self, owner_client: Client) -> None:
        response = owner_client.post(reverse("analyses:predict"), {"label": "x"})
        assert response.status_code == 422
        assert "Choose a picture first." in response.content.decode()

    def test_several_pictures_get_one_outcome_each(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        response = owner_client.get(send(owner_client, drawn(), drawn((200, 128)), b"no picture")["Location"])
        html = check_page(response)
        assert Analysis.objects.filter(state="done").count() == 2
        assert html.count("Not accepted") == 1
        assert html.count(">confident</span>") == 2

    def test_the_same_file_again_leads_to_the_earlier_result(
        self, far_side: FarSide, owner_client: Client, other_client: Client, png: bytes
    ) -> None:
        first = send(owner_client, png)["Location"]
        response = send(owner_client, png)
        assert response["Location"] == first
        assert "You sent this very picture before" in owner_client.get(first).content.decode()
        assert len(far_side.calls) == 1
        # What others sent is none of one's business.
        assert send(other_client, png)["Location"] != first

    def test_a_file_that_was_deleted_counts_as_new(self, far_side: FarSide, owner_client: Client, png: bytes) -> None:
        first = send(owner_client, png)["Location"]
        owner_client.post(f"{first}delete/")
        assert send(owner_client, png)["Location"] != first

    def test_running_again_stands_beside_the_first_answer(
        self,
        far_side: FarSide,
        owner_client: Client,
        png: bytes,
        answered: Callable[..., Classification],
        other_client: Client,
    ) -> None:
        first = send(owner_client, png)["Location"]
        far_side.respond = lambda _data: answered("PACED")
        assert other_client.post(f"{first}again/").status_code == 404
        second = owner_client.post(f"{first}again/")["Location"]
        assert second != first
        assert Upload.objects.count() == 1
        assert sorted(Analysis.objects.values_list("class_short", flat=True)) == ["PACED", "PVC"]

    def test_too_many_pictures_at_once(self, owner_client: Client, png: bytes, settings: Settings) -> None:
        settings.UPLOAD_MAX_PICTURES = 2
        assert send(owner_client, png, png, png).status_code == 422
        assert not Upload.objects.exists()

    def test_a_body_beyond_all_limits_is_answered_413(
        self, owner_client: Client, png: bytes, settings: Settings
    ) -> None:
        settings.REQUEST_MAX_BYTES = 50
        response = send(owner_client, png)
        assert response.status_code == 413
        assert "too much" in check_page(response)

    def test_an_upload_costs_few_queries(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        send(owner_client, drawn(shift=1))
        with django_assert_max_num_queries(12):  # session, user, same file, two rows in a transaction, claim, answer
            send(owner_client, drawn(shift=2))

    def test_uploads_are_limited_per_user(
        self, far_side: FarSide, owner_client: Client, other_client: Client, png: bytes, settings: Settings
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"upload": "2/m/user"}
        assert [send(owner_client, png).status_code for _ in range(3)] == [302, 302, 429]
        assert send(other_client, png).status_code == 302
        check_page(send(owner_client, png))

    def test_limits_are_said_before(self, owner_client: Client) -> None:
        html = owner_client.get(reverse("analyses:predict")).content.decode()
        assert "BMP, TIFF or a PDF of one page, at most 8 MiB and 25 megapixels" in html

    def test_without_a_server_the_upload_is_kept_and_the_page_says_so(
        self, far_side: FarSide, owner_client: Client, png: bytes, settings: Settings
    ) -> None:
        settings.INFERENCE_FAST_TIMEOUT = 0.2
        far_side.down()
        html = check_page(owner_client.get(send(owner_client, png)["Location"]))
        assert "The analysis service is unavailable right now" in html
        assert 'hx-trigger="every 2s"' in html
        assert '<noscript><meta http-equiv="refresh"' in html
        assert Analysis.objects.get().state == "queued"
