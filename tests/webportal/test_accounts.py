"""Signing up, logging in by either name, passwords, and the limits on trying."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def sign_up(client: Client, **changes: str):
    fields = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD}
    return client.post(reverse("account_signup"), fields | changes)


def log_in(client: Client, login: str, password: str = PASSWORD):
    return client.post(reverse("account_login"), {"login": login, "password": password})


def is_logged_in(client: Client) -> bool:
    return client.get(reverse("analyses:history")).status_code == 200


def test_a_new_user_may_work_at_once():
    client = Client()
    assert sign_up(client)["Location"] == reverse("analyses:predict")
    assert is_logged_in(client)


def test_where_addresses_must_be_confirmed_nobody_gets_in_before(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    sign_up(client)
    assert not is_logged_in(client)

    link = re.search(r"http://testserver(\S+confirm-email\S+)", mail.outbox[0].body)[1]
    client.post(link)
    log_in(client, "ada")
    assert is_logged_in(client)


@pytest.mark.parametrize("login", ["ada", "ADA", "ada@example.org", "Ada@Example.org"])
def test_one_logs_in_by_name_or_address(login):
    sign_up(Client())
    client = Client()
    log_in(client, login)
    assert is_logged_in(client)


def test_a_wrong_password_stays_outside():
    sign_up(Client())
    client = Client()
    log_in(client, "ada", "wrong")
    assert not is_logged_in(client)


@pytest.mark.parametrize("password", ["short1!", "1234567890", "password123"])
def test_weak_passwords_are_refused(password, django_user_model):
    response = sign_up(Client(), password1=password, password2=password)
    assert response.status_code == 200
    assert not django_user_model.objects.exists()


def test_logging_out_needs_a_button_and_works():
    client = Client()
    sign_up(client)
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_logged_in(client)
    client.post(reverse("account_logout"))
    assert not is_logged_in(client)


def test_a_forgotten_password_is_reset_by_mail():
    sign_up(Client())
    client = Client()
    mail.outbox.clear()
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    link = re.search(r"http://testserver(\S+password/reset/key\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    assert form.status_code == 200
    client.post(form.request["PATH_INFO"], {"password1": "another long phrase", "password2": "another long phrase"})

    log_in(client, "ada", "another long phrase")
    assert is_logged_in(client)


def test_nobody_learns_from_a_reset_who_has_an_account():
    sign_up(Client())
    known = Client().post(reverse("account_reset_password"), {"email": "ada@example.org"})
    unknown = Client().post(reverse("account_reset_password"), {"email": "bob@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_guessing_passwords_is_slowed_down(settings):
    settings.ACCOUNT_RATE_LIMITS = {}
    sign_up(Client())
    client = Client()
    for _ in range(5):
        log_in(client, "ada", "wrong")
    response = log_in(client, "ada")  # the right one comes too late
    assert not is_logged_in(client)
    assert "Too many failed login attempts" in response.content.decode()
