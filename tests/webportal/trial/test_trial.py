"""Trying it: without an account nothing is stored and others keep their room; samples go the way of every picture."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django.fixtures import Settings

from inference_server.classification import Classification, LeadKnowledge, Verdict
from tests.webportal.conftest import FarSide, Refusal, answer
from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Upload
from webportal.audit.models import Entry
from webportal.observability import metrics
from webportal.trial import reading, samples

pytestmark = pytest.mark.django_db

TRY = "/try/"
MEDIA = Path(default_storage.path(""))


def send(data: bytes, *, name: str = "beat.png", client: Client | None = None, **headers: str) -> Any:
    return (client or Client()).post(TRY, {"picture": SimpleUploadedFile(name, data)}, headers=headers)


def counted(outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value("beatlens_portal_trials_total", {"outcome": outcome}) or 0.0


def kept_files() -> set[Path]:
    return {path for path in MEDIA.rglob("*") if path.is_file()} if MEDIA.exists() else set()


class TestWithoutAnAccount:
    def test_the_answer_is_that_of_the_result_page(self, far_side: FarSide, png: bytes) -> None:
        response = send(png)
        html = response.content.decode()
        assert response.status_code == 200
        for part in (
            'data-state="done" data-class="PVC" data-verdict="CONFIDENT"',
            "Only this kind is plausible; the model gives it 97.0 %.",
            "Ventricular Escape",
            "Not a medical device",
            "arrhythmia, version 7",
            'src="data:image/png;base64,',
        ):
            assert part in html
        assert "no-store" in response["Cache-Control"]
        assert "data:" in response["Content-Security-Policy"]
        assert "data:" not in Client().get("/")["Content-Security-Policy"]

    @pytest.mark.parametrize(
        ("verdict", "plausible", "words"),
        [
            (Verdict.UNCERTAIN, ("PVC", "PACED"), "These kinds stay plausible"),
            (Verdict.NOT_A_BEAT, (), "This doesn’t look like one heartbeat"),
        ],
    )
    def test_every_verdict_is_explained(
        self,
        verdict: Any,
        plausible: Any,
        words: str,
        far_side: FarSide,
        answered: Callable[..., Classification],
        png: bytes,
    ) -> None:
        far_side.respond = lambda _data: answered(verdict=verdict, plausible=plausible)
        assert words in send(png).content.decode()

    def test_a_lead_is_a_hint_and_what_was_measured_in_it_is_said(self, far_side: FarSide, png: bytes) -> None:
        far_side.knowledge = LeadKnowledge.MEASURED
        hinted, wrong, plain = (
            Client().post(TRY, {"picture": SimpleUploadedFile("beat.png", png), "lead": lead}).content.decode()
            for lead in ("V1", "heart", "")
        )
        for part in ("it was right in lead V1.", "Lead: V1", '<option value="V1" selected>'):  # for the next picture
            assert part in hinted
            assert part not in plain
        assert "heart is not one of the available choices" in wrong
        assert far_side.leads == ["V1", ""]

    def test_the_home_page_asks_for_the_same(self) -> None:
        asked = [
            set(re.findall(r'<(?:input|select)[^>]* name="(\w+)"', Client().get(at).content.decode()))
            for at in ("/", TRY)
        ]
        assert {"picture", "lead"} <= asked[0] <= asked[1]

    def test_nothing_is_kept(self, far_side: FarSide, png: bytes, refusal: type[Refusal]) -> None:
        before = kept_files()
        client = Client()
        send(png, client=client)
        far_side.respond = lambda _data: (_ for _ in ()).throw(refusal("IMAGE_CORRUPT"))
        send(png, client=client)
        client.post(TRY, {"sample": samples.every()[0].key})
        assert len(far_side.calls) == 3
        assert [model.objects.count() for model in (Upload, Analysis, Entry, Session)] == [0, 0, 0, 0]
        assert kept_files() == before
        assert set(client.cookies) == {"csrftoken"}

    def test_the_picture_goes_through_the_decoder_of_every_upload(self, far_side: FarSide) -> None:
        """Turned upright and without metadata before anybody else sees it."""
        image, out = Image.new("RGB", (192, 128), "white"), io.BytesIO()
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "patient-zzyzx"
        image.save(out, "JPEG", exif=exif)
        assert send(out.getvalue(), name="p.jpg").status_code == 200
        with Image.open(io.BytesIO(far_side.calls[0])) as received:
            assert received.size == (128, 192)
            assert not received.getexif()
        assert b"patient-zzyzx" not in far_side.calls[0]

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"hello", "The file is a text."),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "The file is an SVG drawing"),
            (b"PK\x03\x04" + b"x" * 50, "Without an account one picture at a time is read, and no zip file."),
            (b"", "The file is empty."),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * (8 * 1024 * 1024), "The file is larger than 8 MiB."),
        ],
    )
    def test_what_is_no_picture_is_told_so_and_asks_nobody(self, data: bytes, words: str, far_side: FarSide) -> None:
        response = send(data)
        assert response.status_code == 422
        assert words in response.content.decode()
        assert far_side.calls == []

    def test_the_servers_reason_is_explained(self, far_side: FarSide, refusal: type[Refusal], png: bytes) -> None:
        def refuse(_data: bytes) -> Classification:
            raise refusal("IMAGE_TRUNCATED")

        far_side.respond = refuse
        response = send(png[:-200])
        assert response.status_code == 422
        assert "The picture is cut off" in response.content.decode()

    def test_a_body_that_is_too_large_is_not_even_parsed(self, far_side: FarSide) -> None:
        response = Client().post(TRY, b"x" * (9 * 1024 * 1024), content_type="multipart/form-data; boundary=b")
        assert response.status_code == 413
        assert "Send one picture of at most 8 MiB." in response.content.decode()

    def test_without_a_picture_it_asks_for_one(self, far_side: FarSide) -> None:
        response = Client().post(TRY)
        assert response.status_code == 422
        assert "Choose a picture first." in response.content.decode()

    @pytest.mark.parametrize("key", ["PVC/nothing", "../../README", "PVC/../../manage", "x" * 200])
    def test_a_sample_that_is_none_is_refused(self, key: str, far_side: FarSide) -> None:
        assert Client().post(TRY, {"sample": key}).status_code == 422
        assert far_side.calls == []

    def test_a_sample_is_answered_beside_its_label(self, far_side: FarSide) -> None:
        response = Client().post(
            TRY, {"sample": next(sample.key for sample in samples.every() if sample.short == "PACED")}
        )
        assert response.status_code == 200
        assert "Cardiologists labelled the beat: Paced." in response.content.decode()

    def test_a_form_from_elsewhere_is_refused(self, far_side: FarSide, png: bytes) -> None:
        assert send(png, client=Client(enforce_csrf_checks=True)).status_code == 403
        assert far_side.calls == []

    def test_those_with_an_account_are_led_to_where_it_is_kept(self, far_side: FarSide, owner_client: Client) -> None:
        assert owner_client.get(TRY)["Location"] == reverse("analyses:predict")
        assert owner_client.post(TRY)["Location"] == reverse("analyses:predict")


class TestWhenSomethingIsWrong:
    def test_an_absent_server_is_said_so(self, far_side: FarSide, png: bytes) -> None:
        far_side.down()
        response = send(png)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert "The analysis service is unavailable right now." in response.content.decode()

    def test_an_unexpected_failure_shows_its_id_and_no_more(
        self, far_side: FarSide, png: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        def crash(_data: bytes) -> Classification:
            raise RuntimeError("secret-zzyzx")

        far_side.respond = crash
        response = send(png)
        assert response.status_code == 503
        html = response.content.decode()
        assert "zzyzx" not in html
        error_id = html.partition("look up this id: ")[2][:12]
        assert f"Unexpected error {error_id} in a picture tried without an account" in caplog.text

    def test_a_picture_that_takes_too_long_ends_in_time(
        self, far_side: FarSide, png: bytes, settings: Settings
    ) -> None:
        settings.INFERENCE_FAST_TIMEOUT = 0.2
        free = threading.Event()

        def wait(_data: bytes) -> Classification:
            free.wait(20)
            return answer()

        far_side.respond = wait
        try:
            assert send(png).status_code == 503
        finally:
            free.set()


class TestRoomForOthers:
    def test_an_address_is_limited(self, far_side: FarSide, png: bytes, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"try": "2/m/ip"}
        assert [send(png).status_code for _ in range(3)] == [200, 200, 429]
        assert "sign up: it costs nothing" in send(png).content.decode()
        assert Client().get(TRY).status_code == 200  # looking is free
        assert Client(REMOTE_ADDR="192.0.2.7").post(TRY, {"sample": samples.every()[0].key}).status_code == 200
        assert len(far_side.calls) == 3

    def test_all_together_are_limited(self, far_side: FarSide, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"try": "2/m/ip", "try_together": "3/m/key"}
        key = samples.every()[0].key
        codes = [Client(REMOTE_ADDR=f"192.0.2.{number}").post(TRY, {"sample": key}) for number in range(4)]
        assert [response.status_code for response in codes] == [200, 200, 200, 429]
        assert "Many people are trying it just now." in codes[-1].content.decode()

    def test_the_limits_hold_unless_an_installation_says_otherwise(self) -> None:
        from webportal.settings import base

        assert isinstance(base.ACCOUNT_RATE_LIMITS, dict)
        assert base.ACCOUNT_RATE_LIMITS.keys() >= {"try", "try_together"}

    def has_no_place_to_wait_in(self, png: bytes) -> None:
        while reading._line._value:  # until all of them have come
            time.sleep(0.01)
        response = send(png)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert "Others are trying it just now." in response.content.decode()

    @pytest.mark.parametrize("patience", [60.0, 0.05])
    def test_few_are_read_at_the_same_time_and_few_wait(
        self, patience: float, far_side: FarSide, png: bytes, settings: Settings
    ) -> None:
        settings.INFERENCE_FAST_TIMEOUT, settings.TRIAL_WAIT_SECONDS = 60.0, patience
        free, asked = threading.Event(), threading.Event()

        def wait(_data: bytes) -> Any:
            asked.set()
            free.wait(60)
            return answer()

        far_side.respond = wait
        ended: list[str] = []

        def try_it() -> None:
            try:
                ended.append("answered" if reading.read(png).analysis else "refused")
            except reading.NoRoom:
                ended.append("no room")

        first = [threading.Thread(target=try_it) for _ in range(django_settings.TRIAL_AT_ONCE)]
        line = [threading.Thread(target=try_it) for _ in range(django_settings.TRIAL_IN_LINE)]
        try:
            for thread in first:
                thread.start()
            assert asked.wait(60)
            for thread in line:
                thread.start()
            if patience < 1:
                for thread in line:
                    thread.join()
                assert ended == ["no room"] * len(line)
            else:
                self.has_no_place_to_wait_in(png)
                assert ended == []
        finally:
            free.set()
            for thread in [*first, *line]:
                if thread.ident:
                    thread.join()
        assert ended.count("answered") == len(first) + (len(line) if patience > 1 else 0)
        assert send(png).status_code == 200  # the room is free again


class TestSwitch:
    def test_where_it_is_off_nothing_speaks_of_it(self, far_side: FarSide, settings: Settings) -> None:
        settings.TRIAL_ENABLED = False
        assert Client().get(TRY).status_code == 404
        assert Client().post(TRY).status_code == 404
        html = Client().get("/").content.decode()
        assert "without an account" not in html
        assert "Sign up and try it" in html

    @pytest.mark.parametrize(
        ("settings_module", "value", "expected"),
        [
            ("development", None, "True"),
            ("development", "false", "False"),
            ("production", None, "False"),
            ("production", "true", "True"),
        ],
    )
    def test_it_is_on_at_home_and_off_in_production_unless_somebody_says_so(
        self, settings_module: str, value: str | None, expected: str, tmp_path: Path
    ) -> None:
        environment = {name: text for name, text in os.environ.items() if not name.startswith("BEATLENS_")} | {
            "DJANGO_SETTINGS_MODULE": f"webportal.settings.{settings_module}",
            "BEATLENS_VAR_DIR": str(tmp_path),
            "BEATLENS_SECRET_KEY": "k" * 20 + "0123456789" + "abcdefghijklmnopqrstuvwxyz",
            "BEATLENS_ALLOWED_HOSTS": "beatlens.example.org",
            "BEATLENS_DATABASE_URL": f"sqlite:///{tmp_path}/never-opened.sqlite3",
        }
        if value is not None:
            environment["BEATLENS_TRIAL"] = value
        code = "from django.conf import settings; print(settings.TRIAL_ENABLED)"
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert said.stdout.strip() == expected


class TestSamples:
    def test_every_class_has_one(self) -> None:
        assert len(samples.every()) == 21
        assert sorted(sample.short for sample in samples.one_of_each()) == sorted(
            {sample.short for sample in samples.every()}
        )

    def test_one_goes_into_the_history_like_any_other_picture(
        self, far_side: FarSide, owner: User, owner_client: Client
    ) -> None:
        html = owner_client.get(reverse("trial:samples")).content.decode()
        sample = next(sample_ for sample_ in samples.every() if sample_.short == "PVC")
        assert f'value="{sample.key}"' in html
        response = owner_client.post(reverse("trial:samples"), {"sample": sample.key})
        analysis = Analysis.objects.get(owner=owner)
        assert response["Location"] == analysis.get_absolute_url()
        assert analysis.state == "done"
        assert analysis.upload.label == f"Sample: Premature Ventricular Contraction, record {sample.record}"
        again = owner_client.post(reverse("trial:samples"), {"sample": sample.key})
        assert again["Location"] == analysis.get_absolute_url()
        assert Analysis.objects.count() == 1

    def test_it_waits_like_any_other_when_the_server_is_away(self, far_side: FarSide, owner_client: Client) -> None:
        far_side.down()
        owner_client.post(reverse("trial:samples"), {"sample": samples.every()[0].key})
        assert Analysis.objects.get().state == "queued"

    def test_a_full_account_is_told_so(
        self, far_side: FarSide, owner: User, owner_client: Client, settings: Settings
    ) -> None:
        settings.ACCOUNT_QUOTA_BYTES = 1
        response = owner_client.post(reverse("trial:samples"), {"sample": samples.every()[0].key}, follow=True)
        assert response.redirect_chain[-1][0] == reverse("trial:samples")
        assert "Your account is full" in response.content.decode()
        assert not Analysis.objects.exists()

    def test_what_is_none_is_not_found(self, far_side: FarSide, owner_client: Client) -> None:
        assert owner_client.post(reverse("trial:samples"), {"sample": "../manage"}).status_code == 404
        assert owner_client.post(reverse("trial:samples")).status_code == 404

    def test_their_pictures_are_public_and_nothing_else_is(self) -> None:
        sample = samples.every()[0]
        response = Client().get(reverse("trial:sample-picture", args=[sample.short, sample.name]))
        assert response.content == sample.path.read_bytes()
        assert "public" in response["Cache-Control"]
        assert Client().get("/samples/PVC/README.png").status_code == 404

    def test_they_are_limited_as_uploads_are(self, far_side: FarSide, owner_client: Client, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"upload": "1/m/user"}
        codes = [owner_client.post(reverse("trial:samples"), {"sample": samples.every()[0].key}) for _ in range(2)]
        assert [response.status_code for response in codes] == [302, 429]
