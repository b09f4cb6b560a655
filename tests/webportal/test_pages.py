"""What people see: words for each outcome, no inline script or style, error pages, the way without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from inference_server.classification import Classification, Verdict
from tests.webportal.analyses.claims import claimed
from tests.webportal.conftest import FarSide
from tests.webportal.page_checks import check_page
from webportal.accounts.models import User
from webportal.analyses import reasons
from webportal.analyses.jobs import leases, running
from webportal.analyses.jobs.outcomes import fields_of
from webportal.analyses.models import Analysis
from webportal.pages import catalogue

pytestmark = pytest.mark.django_db

DISCLAIMER = "For research and education only. Not a medical device, not for diagnosis."


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/info/",
        "/info/PVC/",
        "/info/ESCAPE/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/nothing-here/",
    ],
)
def test_public_pages_are_clean_and_carry_the_disclaimer(url: str, far_side: FarSide) -> None:
    html = check_page(Client().get(url))
    assert DISCLAIMER in html
    assert 'href="#main"' in html


@pytest.mark.parametrize(
    "name",
    [
        "analyses:predict",
        "analyses:history",
        "accounts:overview",
        "account_change_password",
        "account_email",
        "account_logout",
    ],
)
def test_private_pages_are_clean_and_show_no_names(
    name: str, far_side: FarSide, owner: User, owner_client: Client, upload: Callable[..., Analysis]
) -> None:
    running.run(analysis_id=upload().pk, timeout=2.0)
    html = check_page(owner_client.get(reverse(name)))
    assert DISCLAIMER in html
    assert owner.username not in html or name == "account_email"


def test_administration_pages_are_clean(staff_client: Client, upload: Callable[..., Analysis]) -> None:
    upload()
    for name in ("admin:index", "admin:analyses_analysis_changelist", "admin:accounts_user_changelist"):
        check_page(staff_client.get(reverse(name)))


class TestResultPage:
    SENTENCES = {
        "unavailable": "The analysis service is unavailable right now",
        "queued": "Waiting to be analysed",
        "running": "Being analysed",
        "rejected": "The picture is cut off",
        "failed": "The analysis failed several times",
        "confident": "Only this kind is plausible",
        "shared": "these kinds look the same",
        "uncertain": "The model can’t decide",
        "none": "No kind fits well",
        "not a beat": "This doesn’t look like one heartbeat",
    }

    def settle(self, analysis: Analysis, kind: str, answered: Callable[..., Classification]) -> None:
        rows = Analysis.objects.filter(pk=analysis.pk)
        now = timezone.now()
        if kind == "unavailable":
            rows.update(reason="SERVER_UNAVAILABLE")
        elif kind == "running":
            leases.claim(analysis_id=analysis.pk)
        elif kind == "rejected":
            running._reject(claimed(analysis), "IMAGE_TRUNCATED")
        elif kind == "failed":
            rows.update(state="failed", finished_at=now, error_id="abc123")
        elif kind != "queued":
            verdict, plausible = {
                "confident": (Verdict.CONFIDENT, ("PVC",)),
                "shared": (Verdict.CONFIDENT, ("PVC", "PACED")),
                "uncertain": (Verdict.UNCERTAIN, ("PVC", "PACED")),
                "none": (Verdict.UNCERTAIN, ("PVC",)),
                "not a beat": (Verdict.NOT_A_BEAT, ("PVC",)),
            }[kind]
            said = answered(verdict=verdict, plausible=plausible, probability=0.4 if kind == "none" else 0.97)
            leases.settle(claimed(analysis), **fields_of(said))

    @pytest.mark.parametrize("kind", SENTENCES)
    def test_each_state_has_its_own_sentence(
        self, kind: Any, upload: Callable[..., Analysis], owner_client: Client, answered: Callable[..., Classification]
    ) -> None:
        analysis = upload()
        self.settle(analysis, kind, answered)
        page = check_page(owner_client.get(reverse("analyses:result", args=[analysis.pk])))
        part = owner_client.get(reverse("analyses:status", args=[analysis.pk])).content.decode()
        for html in (page, part):
            assert {name for name, words in self.SENTENCES.items() if words in html} == {kind}
        # Only what may still change refreshes itself.
        assert ('hx-trigger="every' in part) == (kind in ("unavailable", "queued", "running"))

    def test_one_kind_that_is_nearly_sure_is_named(
        self, upload: Callable[..., Analysis], owner_client: Client, answered: Callable[..., Classification]
    ) -> None:
        analysis = upload()
        said = answered(verdict=Verdict.UNCERTAIN, plausible=("PVC",), probability=0.97)
        leases.settle(claimed(analysis), **fields_of(said))
        page = check_page(owner_client.get(reverse("analyses:result", args=[analysis.pk])))
        assert "Possibly Premature Ventricular Contraction" in page
        assert "No kind fits well" not in page

    def test_kinds_that_one_picture_can_not_tell_apart_are_named_with_what_they_have_together(
        self, upload: Callable[..., Analysis], owner_client: Client, answered: Callable[..., Classification]
    ) -> None:
        analysis = upload()
        self.settle(analysis, "shared", answered)
        html = owner_client.get(analysis.get_absolute_url()).content.decode()
        assert "One of: Premature Ventricular Contraction, Paced" in html
        assert "together the model gives them 98.0 %." in html

    def test_a_failure_shows_its_id_only(
        self, upload: Callable[..., Analysis], owner_client: Client, answered: Callable[..., Classification]
    ) -> None:
        analysis = upload()
        self.settle(analysis, "failed", answered)
        assert "abc123" in owner_client.get(analysis.get_absolute_url()).content.decode()

    def test_a_picture_that_cannot_be_decoded_is_not_shown(
        self, upload: Callable[..., Analysis], owner_client: Client, png: bytes
    ) -> None:
        analysis = upload(png[:60])
        assert not analysis.upload.is_viewable
        assert "can’t be shown" in owner_client.get(analysis.get_absolute_url()).content.decode()
        assert owner_client.get(reverse("analyses:picture", args=[analysis.upload_id])).status_code == 404


class TestHistory:
    def test_one_sees_only_ones_own(
        self, upload: Callable[..., Analysis], other: User, owner_client: Client, other_client: Client
    ) -> None:
        upload(label="mine-zzyzx")
        assert "mine-zzyzx" in owner_client.get(reverse("analyses:history")).content.decode()
        html = other_client.get(reverse("analyses:history")).content.decode()
        assert "mine-zzyzx" not in html
        assert "Nothing here yet" in html

    def test_pages_follow_each_other_without_gap_or_repeat(
        self, upload: Callable[..., Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        analyses = [upload() for _ in range(7)]
        moment = timezone.now()
        Analysis.objects.filter(pk__in=[a.pk for a in analyses[:4]]).update(created_at=moment)  # equal times
        monkeypatch.setattr("webportal.analyses.history.queries.page_of.__kwdefaults__", {"size": 3})
        seen, url = [], reverse("analyses:history")
        for _ in range(3):
            page = owner_client.get(url).context["page"]
            seen += [analysis.pk for analysis in page.rows]
            url = reverse("analyses:history") + f"?after={page.next}".replace("+", "%2B")
        assert page.next is None
        assert len(seen) == 7
        assert set(seen) == {a.pk for a in analyses}

    def test_nonsense_in_the_address_shows_the_newest(
        self, upload: Callable[..., Analysis], owner_client: Client
    ) -> None:
        upload()
        for nonsense in ("x", "2024-01-01~x", "2024-01-01~" + "0" * 32, "~"):
            response = owner_client.get(reverse("analyses:history"), {"after": nonsense})
            assert len(response.context["page"].rows) == 1

    def test_the_number_of_queries_does_not_grow_with_the_list(
        self,
        upload: Callable[..., Analysis],
        owner_client: Client,
        staff_client: Client,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(12):
            upload()
        with django_assert_max_num_queries(8):
            owner_client.get(reverse("analyses:history"))
        with django_assert_max_num_queries(8):
            staff_client.get(reverse("admin:analyses_analysis_changelist"))


class TestInfo:
    def test_each_class_has_a_page_with_what_people_need(self, far_side: FarSide) -> None:
        for short in catalogue.written_about():
            html = Client().get(reverse("pages:class", args=[short])).content.decode()
            assert "What it is" in html
            assert "How it looks on the ECG" in html
            assert "When to " in html

    def test_the_index_lists_the_models_classes_first_then_the_rest(self, far_side: FarSide) -> None:
        shorts = [entry.short for entry in Client().get(reverse("pages:info")).context["entries"]]
        assert shorts[:4] == ["NORMAL", "PVC", "PACED", "ESCAPE"]
        assert set(catalogue.written_about()) <= set(shorts)

    def test_a_class_without_a_page_gets_a_plain_one(self, far_side: FarSide) -> None:
        assert "Ventricular Escape" in Client().get("/info/ESCAPE/").content.decode()

    def test_a_picture_is_shown_where_there_is_one(self, far_side: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(finders, "find", lambda path: path if path.endswith("/PVC.png") else None)
        html = Client().get("/info/PVC/").content.decode()
        assert 'src="/static/pages/classes/PVC.png"' in html
        assert 'alt="A premature ventricular beat on ECG paper' in html
        assert "/static/pages/classes/" not in Client().get("/info/VF/").content.decode()

    def test_without_a_server_the_pages_are_still_there(self, far_side: FarSide) -> None:
        far_side.down()
        assert Client().get("/info/VF/").status_code == 200
        assert len(Client().get("/info/").context["entries"]) == len(catalogue.written_about())

    def test_an_unknown_class_is_not_found(self, far_side: FarSide) -> None:
        assert Client().get("/info/NOSUCH/").status_code == 404

    def test_fibrillation_is_called_an_emergency(self, far_side: FarSide) -> None:
        assert "This is an emergency." in Client().get("/info/VF/").content.decode()


class TestErrors:
    def test_an_unexpected_error_shows_an_id_and_logs_it(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explode() -> None:
            raise RuntimeError("the secret reason")

        monkeypatch.setattr(catalogue, "entries", explode)
        response = Client(raise_request_exception=False).get("/info/")
        html = check_page(response)
        assert response.status_code == 500
        assert "the secret reason" not in html
        error_id = html.split("<code>")[1].split("</code>")[0]
        assert error_id in caplog.text
        assert "the secret reason" in caplog.text  # the traceback, for the administrator

    def test_a_stale_form_is_explained(self, owner: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)
        response = client.post(reverse("analyses:predict"), {})
        assert response.status_code == 403
        assert "This form is no longer valid" in check_page(response)

    def test_unknown_reason_codes_get_a_sentence(self) -> None:
        explanation = reasons.explain("IMAGE_OF_A_CAT")
        assert "IMAGE_OF_A_CAT" in explanation.problem
        assert explanation.remedy

    @pytest.mark.parametrize("status", ["400", "403", "404", "413", "429"])
    def test_each_error_has_a_page(self, status: str) -> None:
        from django.template.loader import render_to_string

        html = render_to_string(f"{status}.html", request=RequestFactory().get("/"))
        assert DISCLAIMER in html


def test_no_code_outside_the_pages_names_a_class() -> None:
    root = Path(__file__).resolve().parents[2] / "webportal"
    shorts = catalogue.written_about() - {"NORMAL"}
    offenders = [
        (path.name, short)
        for path in root.rglob("*.py")
        for short in shorts
        if f'"{short}"' in path.read_text() or f"'{short}'" in path.read_text()
    ]
    assert offenders == []
