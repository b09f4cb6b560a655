"""Who may open what: every address as anybody. Nothing that belongs to another person is admitted to exist."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from webportal.analyses import services
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db

# Status of a GET by (anonymous, owner, another user, an administrator). 302 for an anonymous one is the log-in page.
PUBLIC, PRIVATE = (200, 200, 200, 200), (302, 200, 200, 200)
EXPECTED = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "pages:home": PUBLIC,
    "pages:info": PUBLIC,
    "pages:class": PUBLIC,
    "analyses:predict": PRIVATE,
    "analyses:history": PRIVATE,
    "accounts:overview": PRIVATE,
    "accounts:export": (302, 405, 405, 405),
    "accounts:delete": (302, 302, 302, 302),  # everybody is asked for the password first
    "analyses:result": (302, 200, 404, 404),
    "analyses:status": (302, 200, 404, 404),
    "analyses:delete": (302, 200, 404, 404),
    "analyses:evidence": (302, 200, 404, 404),
    "analyses:evidence-picture": (302, 200, 404, 404),
    "analyses:annotate": (302, 405, 405, 405),
    "analyses:tag-selected": (302, 405, 405, 405),
    "analyses:run-selected-again": (302, 405, 405, 405),
    "analyses:share": (302, 405, 405, 405),
    "analyses:share-selected": (302, 405, 405, 405),
    "analyses:review-queue": (302, 404, 404, 404),  # of reviewers alone: tests/webportal/test_sharing.py
    "analyses:review": (302, 405, 405, 405),
    "analyses:restore": (302, 405, 405, 405),
    "analyses:run-again": (302, 405, 405, 405),
    "analyses:history-csv": PRIVATE,
    "analyses:summary": PRIVATE,
    "analyses:history-json": PRIVATE,
    "analyses:history-pdf": PRIVATE,
    "analyses:report": (302, 200, 404, 404),
    "analyses:trash": PRIVATE,
    "analyses:trash-selected": (302, 405, 405, 405),
    "analyses:picture": (302, 200, 404, 200),
    "analyses:original": (302, 200, 404, 404),
    "analyses:thumbnail": (302, 200, 404, 200),
    "admin:index": (302, 302, 302, 200),
}
ALLAUTH = re.compile(r"^(account|mfa|usersessions)_")


def names(resolver: URLResolver, namespace: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                found.add(namespace + pattern.name)
        elif isinstance(pattern, URLResolver):
            found |= names(pattern, namespace + (f"{pattern.namespace}:" if pattern.namespace else ""))
    return found


def test_no_address_is_forgotten_here():
    ours = {name for name in names(get_resolver()) if not name.startswith("admin:") and not ALLAUTH.match(name)}
    assert ours == set(EXPECTED) - {"admin:index"}


@pytest.fixture
def analysis(far_side, upload) -> Analysis:
    analysis = upload(label="strip-zzyzx", keep_original=True)
    services.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


def address(name: str, analysis: Analysis) -> str:
    if name == "pages:class":
        return reverse(name, args=["PVC"])
    if name in ("analyses:picture", "analyses:thumbnail", "analyses:original"):
        return reverse(name, args=[analysis.upload_id])
    if name in ("analyses:evidence", "analyses:evidence-picture"):
        return reverse(name, args=[analysis.pk, "PVC"])
    if re.fullmatch(r"analyses:(result|report|status|delete|annotate|review|share|restore|run-again)", name):
        return reverse(name, args=[analysis.pk])
    return reverse(name)


@pytest.mark.parametrize("name", EXPECTED)
def test_who_may_open_it(name, analysis, owner_client, other_client, staff_client):
    url = address(name, analysis)
    clients = (Client(), owner_client, other_client, staff_client)
    responses = [client.get(url) for client in clients]
    assert tuple(response.status_code for response in responses) == EXPECTED[name]
    if EXPECTED[name][0] == 302:
        assert responses[0]["Location"].startswith(reverse("account_login")) or name == "admin:index"
    # What another user gets to see never mentions the owner's things.
    if name in ("analyses:history-csv", "analyses:history-json"):
        assert "strip-zzyzx" not in responses[2].getvalue().decode()
    elif not responses[2].streaming:
        assert b"strip-zzyzx" not in responses[2].content
    for response in responses:
        response.close()


def test_only_the_owner_deletes(analysis, other_client, staff_client, owner_client):
    url = reverse("analyses:delete", args=[analysis.pk])
    assert Client().post(url).status_code == 302
    assert other_client.post(url).status_code == 404
    assert staff_client.post(url).status_code == 404
    assert Analysis.objects.filter(pk=analysis.pk).exists()
    assert owner_client.post(url).status_code == 302
    assert Analysis.objects.get(pk=analysis.pk).trashed_at
    assert owner_client.post(url).status_code == 302
    assert not Analysis.objects.filter(pk=analysis.pk).exists()


def test_staff_without_the_permission_see_no_pictures(analysis, make_user):
    client = Client()
    client.force_login(make_user(is_staff=True))
    assert client.get(reverse("analyses:picture", args=[analysis.upload_id])).status_code == 404


@pytest.mark.parametrize("name", ["analyses:picture", "analyses:thumbnail", "analyses:evidence-picture"])
def test_pictures_are_sent_locked_up(name, analysis, owner_client):
    response = owner_client.get(address(name, analysis))
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.getvalue().startswith(b"\x89PNG")
    response.close()


def test_every_page_of_the_administration_opens(analysis, staff_client):
    for model, model_admin in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert staff_client.get(reverse(f"{base}_changelist")).status_code == 200
        assert staff_client.get(reverse(f"{base}_changelist") + "?q=a").status_code == 200
        row = model._default_manager.first()
        if row is not None:
            assert staff_client.get(reverse(f"{base}_change", args=[row.pk])).status_code == 200
        if model_admin.has_add_permission(staff_client.get("/").wsgi_request):
            assert staff_client.get(reverse(f"{base}_add")).status_code == 200


def test_predictions_cannot_be_edited_in_the_administration(analysis, staff_client):
    url = reverse("admin:analyses_analysis_change", args=[analysis.pk])
    staff_client.post(url, {"class_short": "NORMAL", "class_name": "Normal", "state": "failed"})
    analysis.refresh_from_db()
    assert (analysis.state, analysis.class_short) == ("done", "PVC")


def test_the_administration_has_the_same_door():
    response = Client().get("/admin/login/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert b'name="login"' in response.content


def test_an_ordinary_user_gets_no_further_at_the_door_of_the_administration(owner_client):
    assert owner_client.get("/admin/", follow=True).status_code == 403


def test_administrators_find_rows_by_whole_values(analysis, owner, staff_client):
    def found(model: str, term: str) -> int:
        return staff_client.get(reverse(f"admin:analyses_{model}_changelist"), {"q": term}).context["cl"].result_count

    terms = (str(analysis.pk), str(analysis.upload_id), owner.username.upper(), owner.email)
    assert [found("analysis", term) for term in terms] == [1, 1, 1, 1]
    assert found("upload", analysis.upload.sha256) == 1
    for term in ("strip-zzyzx", "zzyzx", "", str(owner.pk)):
        assert found("analysis", term) == (0 if term else 1)


def test_lists_of_the_administration_are_filtered(analysis, staff_client):
    url = reverse("admin:analyses_analysis_changelist")
    both = "state__exact=done&verdict__exact=CONFIDENT"
    for asked, count in (("class_short=PVC", 1), ("class_short=PACED", 0), (both, 1)):
        assert staff_client.get(f"{url}?{asked}").context["cl"].result_count == count
