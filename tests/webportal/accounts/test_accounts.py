"""Signing up, logging in by either name, passwords, and the limits on trying."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def link_in(message: EmailMessage, pattern: str) -> str:
    """What the group of ``pattern`` is in a mail."""
    match = re.search(pattern, str(message.body))
    assert match is not None
    return match[1]


def sign_up(client: Client, **changes: str) -> Any:
    fields = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD}
    return client.post(reverse("account_signup"), fields | changes)


def log_in(client: Client, login: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": login, "password": password})


def confirm_password(client: Client, password: str) -> None:
    """What is asked for before anything that matters."""
    client.post(reverse("account_reauthenticate"), {"password": password})


def is_logged_in(client: Client) -> bool:
    return client.get(reverse("analyses:history")).status_code == 200


def test_a_new_user_may_work_at_once() -> None:
    client = Client()
    assert sign_up(client, username="zzyzx")["Location"] == reverse("analyses:predict")
    assert "zzyzx" not in client.get(reverse("analyses:predict")).content.decode()  # names stay off the screen
    assert is_logged_in(client)


def test_where_addresses_must_be_confirmed_nobody_gets_in_before(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    sign_up(client)
    assert not is_logged_in(client)

    link = link_in(mail.outbox[0], r"http://testserver(\S+confirm-email\S+)")
    client.post(link)
    log_in(client, "ada")
    assert is_logged_in(client)


@pytest.mark.parametrize("login", ["ada", "ADA", "ada@example.org", "Ada@Example.org"])
def test_one_logs_in_by_name_or_address(login: str) -> None:
    sign_up(Client())
    client = Client()
    log_in(client, login)
    assert is_logged_in(client)


def test_a_wrong_password_stays_outside() -> None:
    sign_up(Client())
    client = Client()
    log_in(client, "ada", "wrong")
    assert not is_logged_in(client)


@pytest.mark.parametrize("password", ["short1!", "1234567890", "password123"])
def test_weak_passwords_are_refused(password: str, django_user_model: type[User]) -> None:
    response = sign_up(Client(), password1=password, password2=password)
    assert response.status_code == 200
    assert not django_user_model.objects.exists()


def test_logging_out_needs_a_button_and_works() -> None:
    client = Client()
    sign_up(client)
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_logged_in(client)
    client.post(reverse("account_logout"))
    assert not is_logged_in(client)


def test_a_forgotten_password_is_reset_by_mail() -> None:
    sign_up(Client())
    client = Client()
    mail.outbox.clear()
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    link = link_in(mail.outbox[0], r"http://testserver(\S+password/reset/key\S+)")
    form = client.get(link, follow=True)
    assert form.status_code == 200
    client.post(form.request["PATH_INFO"], {"password1": "another long phrase", "password2": "another long phrase"})

    log_in(client, "ada", "another long phrase")
    assert is_logged_in(client)


def test_nobody_learns_from_a_reset_who_has_an_account() -> None:
    sign_up(Client())
    known = Client().post(reverse("account_reset_password"), {"email": "ada@example.org"})
    unknown = Client().post(reverse("account_reset_password"), {"email": "bob@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_guessing_passwords_is_slowed_down(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}
    sign_up(Client())
    client = Client()
    for _ in range(5):
        log_in(client, "ada", "wrong")
    response = log_in(client, "ada")  # the right one comes too late
    assert not is_logged_in(client)
    assert "Too many failed attempts to log in." in response.content.decode()


class TestTwoFactors:
    @pytest.fixture
    def secured(self) -> Any:
        """A client whose account asks for a code, and the way to make one."""
        client = Client()
        sign_up(client)
        confirm_password(client, PASSWORD)
        page = client.get(reverse("mfa_activate_totp"))
        secret = page.context["form"].secret
        assert "data:" in page["Content-Security-Policy"]
        assert "data:" not in client.get(reverse("mfa_index"))["Content-Security-Policy"]
        response = client.post(reverse("mfa_activate_totp"), {"code": self.code(secret)})
        assert response.status_code == 302
        return secret

    @staticmethod
    def code(secret: str) -> str:
        from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

        return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))

    def test_the_password_alone_no_longer_suffices(self, secured: Any) -> None:
        client = Client()
        assert log_in(client, "ada")["Location"] == reverse("mfa_authenticate")
        assert not is_logged_in(client)
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
        assert not is_logged_in(client)

    def test_a_recovery_code_opens_once(self, secured: Any) -> None:
        from allauth.mfa.models import Authenticator

        codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
        for opens in (True, False):
            client = Client()
            log_in(client, "ada")
            client.post(reverse("mfa_authenticate"), {"code": codes[0]})
            assert is_logged_in(client) == opens

    def test_administrators_can_be_asked_for_one(
        self,
        secured: Any,
        settings: Settings,
        make_user: Callable[..., User],
        upload: Callable[..., Analysis],
        django_user_model: type[User],
    ) -> None:
        """Until they have it they see neither the administration nor the pictures that it shows."""
        without = make_user(is_staff=True, is_superuser=True)
        thumbnail = reverse("analyses:thumbnail", args=[upload().upload_id])
        client = Client()
        client.force_login(without)

        def status_of_the_picture() -> int:
            response = client.get(thumbnail)
            if response.streaming:
                response.getvalue()  # closes the file
            return response.status_code

        assert client.get(reverse("admin:index")).status_code == 200
        assert status_of_the_picture() == 200

        settings.ADMIN_MFA_REQUIRED = True
        for page in ("admin:index", "operations", "admin:analyses_analysis_changelist"):
            answer = client.get(reverse(page), follow=True)
            assert answer.redirect_chain[-1][0] == reverse("mfa_index")
            assert "Administrators need a second factor here." in answer.content.decode()
        assert status_of_the_picture() == 404

        django_user_model.objects.filter(username="ada").update(is_staff=True, is_superuser=True)
        client.force_login(django_user_model.objects.get(username="ada"))
        assert client.get(reverse("admin:index")).status_code == 200
        assert status_of_the_picture() == 200

    def test_secrets_are_encrypted_in_the_database(self, secured: Any) -> None:
        from allauth.mfa.models import Authenticator

        for authenticator in Authenticator.objects.all():
            assert secured not in json.dumps(authenticator.data)
        assert Authenticator.objects.get(type="totp").data["secret"].startswith("gAAAA")  # Fernet

    def test_secrets_outlive_a_change_of_key(self, secured: Any, settings: Settings) -> None:
        from allauth.mfa.adapter import get_adapter

        stored = get_adapter().encrypt("secret")
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-key-" + "y" * 50
        assert get_adapter().decrypt(stored) == "secret"


def test_one_logs_out_elsewhere() -> None:
    here, elsewhere = Client(), Client()
    sign_up(here)
    log_in(elsewhere, "ada")
    here.get(reverse("usersessions_list"))
    elsewhere.get(reverse("usersessions_list"))
    assert here.get(reverse("usersessions_list")).context["session_count"] == 2
    here.post(reverse("usersessions_list"))
    assert is_logged_in(here)
    assert not is_logged_in(elsewhere)


class TestTakingAlong:
    def test_the_archive_holds_everything_of_ones_own_and_nothing_else(
        self,
        far_side: FarSide,
        owner: User,
        other: User,
        owner_client: Client,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
    ) -> None:
        analysis = upload(label="strip 1")
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        services.review(actor=owner, analysis=analysis, class_short="PACED", comment="a spike")
        upload(drawn((200, 128)), user=other, label="not mine")

        response = owner_client.post(reverse("accounts:export"))
        archive = zipfile.ZipFile(io.BytesIO(response.getvalue()))

        assert json.loads(archive.read("account.json"))["email"] == owner.email
        [described] = json.loads(archive.read("uploads.json"))
        assert described["label"] == "strip 1"
        assert described["analyses"][0]["class_short"] == "PVC"
        assert described["analyses"][0]["reviews"][0]["comment"] == "a spike"
        with analysis.upload.picture.open("rb") as picture:
            assert archive.read(described["picture"]) == picture.read()
        assert [name for name in archive.namelist() if not name.endswith(".json")] == [described["picture"]]
        response.close()

    def archive(self, client: Client) -> dict[str, Any]:
        """What of an export is no picture, by name of the file."""
        response = client.post(reverse("accounts:export"))
        with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
            names = [name for name in archive.namelist() if name.endswith(".json")]
            return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in names}

    def test_addresses_sessions_and_second_factors_are_in_it(self, owner: User, other: User) -> None:
        EmailAddress.objects.create(user=owner, email="second@example.org", verified=True)
        EmailAddress.objects.create(user=other, email="not-mine@example.org")
        clients = [Client(HTTP_USER_AGENT=name) for name in ("Browser one", "Browser two")]
        for client in clients:
            log_in(client, owner.username, "a-long-passphrase")
        account = self.archive(clients[0])["account"]
        assert account["email_addresses"] == [{"email": "second@example.org", "verified": True, "primary": False}]
        assert [(session["ip"], session["user_agent"]) for session in account["sessions"]] == [
            ("127.0.0.1", "Browser one"),
            ("127.0.0.1", "Browser two"),
        ]
        assert str(clients[0].session.session_key) not in json.dumps(account)
        assert account["second_factors"] == []
        assert account["groups"] == []

    def test_readings_of_others_pictures_are_in_it(
        self,
        far_side: FarSide,
        owner: User,
        reviewer: User,
        reviewer_client: Client,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
    ) -> None:
        analyses = [upload(), upload(drawn(shift=1), user=reviewer)]
        for analysis in analyses:
            running.run(analysis_id=analysis.pk, timeout=2.0)
            analysis.refresh_from_db()
        services.share_analyses(actor=owner, ids=[analyses[0].pk])
        analyses[0].refresh_from_db()
        for analysis, comment in zip(analyses, ("of somebody else's", "of my own"), strict=True):
            services.review(actor=reviewer, analysis=analysis, class_short="PACED", comment=comment)
        services.review(actor=owner, analysis=analyses[0], class_short="PVC", comment="not mine")

        exported = self.archive(reviewer_client)
        [reading] = exported["readings"]
        assert (reading["analysis"], reading["class_short"]) == (str(analyses[0].pk), "PACED")
        assert reading["comment"] == "of somebody else's"
        [mine] = exported["uploads"]
        assert [review["comment"] for review in mine["analyses"][0]["reviews"]] == ["of my own"]
        assert exported["account"]["groups"] == ["reviewer"]
        assert owner.username not in json.dumps(exported)

    def test_what_the_audit_log_says_about_oneself_is_in_it(
        self,
        far_side: FarSide,
        owner: User,
        other: User,
        owner_client: Client,
        reviewer_client: Client,
        staff: User,
        staff_client: Client,
        upload: Callable[..., Analysis],
    ) -> None:
        analysis = upload()
        staff_client.get(reverse("admin:analyses_analysis_change", args=[analysis.pk]))
        staff_client.get(reverse("admin:accounts_user_change", args=[other.pk]))
        running.run(analysis_id=analysis.pk, timeout=2.0)
        services.share_analyses(actor=owner, ids=[analysis.pk])
        reviewer_client.get(analysis.get_absolute_url())

        entries = self.archive(owner_client)["audit"]
        assert [(entry["by"], entry["about"], entry["action"], entry["record"]) for entry in entries] == [
            ("somebody else", "you", "view", str(analysis.pk)),
            ("somebody else", "you", "view", str(analysis.pk)),
        ]
        assert staff.username not in json.dumps(entries)
        entries = self.archive(reviewer_client)["audit"]
        assert [(entry["by"], entry["about"], entry["action"]) for entry in entries] == [
            ("somebody else", "you", "power"),  # the group
            ("you", "others", "view"),
        ]


class TestDeletingTheAccount:
    def test_it_asks_for_the_password_and_takes_everything_along(
        self,
        owner: User,
        upload: Callable[..., Analysis],
        django_user_model: type[User],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        picture = upload().upload.picture
        client = Client()
        log_in(client, owner.username, "a-long-passphrase")
        confirm_password(client, "a-long-passphrase")
        assert client.get(reverse("accounts:delete")).status_code == 200
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("accounts:delete"))

        assert not django_user_model.objects.filter(pk=owner.pk).exists()
        assert not Upload.objects.exists()
        assert not Analysis.objects.exists()
        assert not picture.storage.exists(str(picture.name))
        assert not is_logged_in(client)

    def test_a_session_that_is_merely_open_is_not_enough(
        self, owner: User, owner_client: Client, django_user_model: type[User]
    ) -> None:
        response = owner_client.post(reverse("accounts:delete"))
        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert django_user_model.objects.filter(pk=owner.pk).exists()

    def test_the_last_administrator_stays(self, staff: User, django_user_model: type[User]) -> None:
        client = Client()
        log_in(client, staff.username, "a-long-passphrase")
        confirm_password(client, "a-long-passphrase")
        response = client.post(reverse("accounts:delete"))
        assert response.status_code == 422
        assert "last administrator" in response.content.decode()
        assert django_user_model.objects.filter(pk=staff.pk).exists()


@pytest.mark.django_db
def test_every_part_of_the_administration_has_a_name_of_its_own(admin_client: Client) -> None:
    listed = admin_client.get("/admin/").context["app_list"]
    names = [str(part["name"]) for part in listed]
    assert len(names) == len(set(names))
