"""Times are those of the person's own clock, dates those of the language."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests.webportal.conftest import FarSide
from webportal.accounts import zones
from webportal.accounts.models import User
from webportal.analyses.history import reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db

#: Half past eleven at night in London, the next day in Berlin and Auckland.
MOMENT = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
    analysis = upload(label="strip")
    Analysis.objects.filter(pk=analysis.pk).update(created_at=MOMENT)
    return analysis


def page(client: Client, analysis: Analysis, language: str = "en") -> str:
    return client.get(analysis.get_absolute_url(), headers={"Accept-Language": language}).content.decode()


def choose(client: Client, zone: str) -> int:
    return client.post(reverse("accounts:time-zone"), {"time_zone": zone}).status_code


class TestWhoseClock:
    def test_the_installations_until_anything_else_is_known(self, analysis: Analysis, owner_client: Client) -> None:
        assert "4 March 2026, 23:30" in page(owner_client, analysis)

    def test_the_browsers(self, analysis: Analysis, owner_client: Client) -> None:
        owner_client.cookies[zones.COOKIE] = "Europe/Berlin"
        assert "5 March 2026, 00:30" in page(owner_client, analysis)

    def test_the_persons_own_choice_before_all(self, analysis: Analysis, owner: User, owner_client: Client) -> None:
        owner_client.cookies[zones.COOKIE] = "Europe/Berlin"
        assert choose(owner_client, "Pacific/Auckland") == 302
        assert "5 March 2026, 12:30" in page(owner_client, analysis)
        owner.refresh_from_db()
        assert owner.time_zone == "Pacific/Auckland"
        assert choose(owner_client, "") == 302
        assert "5 March 2026, 00:30" in page(owner_client, analysis)

    @pytest.mark.parametrize("nonsense", ["Mars/Olympus", "../../etc/passwd", "x" * 5000, "Etc/GMT+5", "localtime"])
    def test_nonsense_is_none(self, nonsense: str, analysis: Analysis, owner: User, owner_client: Client) -> None:
        owner_client.cookies[zones.COOKIE] = nonsense
        assert "4 March 2026, 23:30" in page(owner_client, analysis)
        assert choose(owner_client, nonsense) == 422
        owner.refresh_from_db()
        assert owner.time_zone == ""

    def test_a_zone_that_this_machine_no_longer_knows_hurts_nobody(
        self, analysis: Analysis, owner: User, owner_client: Client
    ) -> None:
        type(owner).objects.filter(pk=owner.pk).update(time_zone="Europe/Atlantis")
        assert "4 March 2026, 23:30" in page(owner_client, analysis)

    def test_one_request_leaves_nothing_to_the_next(
        self, analysis: Analysis, owner_client: Client, other_client: Client
    ) -> None:
        owner_client.cookies[zones.COOKIE] = "Pacific/Auckland"
        page(owner_client, analysis)
        assert "(UTC)" not in page(owner_client, analysis)
        assert "Times are those of UTC." in other_client.get(reverse("accounts:overview")).content.decode()


class TestEverywhere:
    def test_reports_say_whose_clock_it_is(
        self, analysis: Analysis, owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        printed: list[str] = []

        def note(text: str, style: object) -> object:
            printed.append(text)
            return Paragraph(text, style)

        monkeypatch.setattr(reports, "Paragraph", note)
        choose(owner_client, "America/New_York")
        owner_client.get(reverse("analyses:report", args=[analysis.pk]))
        assert "4 March 2026, 18:30 (America/New York)" in printed
        owner_client.get(reverse("analyses:history-pdf"))
        assert "4 Mar 2026, 18:30" in printed
        assert "Times are those of America/New York." in printed

    def test_a_search_by_day_means_the_persons_days(self, analysis: Analysis, owner_client: Client) -> None:
        def found(zone: str, day: str) -> int:
            choose(owner_client, zone)
            answer = owner_client.get(reverse("analyses:history"), {"since": day, "until": day})
            return len(answer.context["page"].rows)

        assert found("UTC", "2026-03-04") == found("Europe/Berlin", "2026-03-05") == 1
        assert found("UTC", "2026-03-05") == found("Europe/Berlin", "2026-03-04") == 0

    def test_dates_follow_the_language(self, analysis: Analysis, owner_client: Client) -> None:
        assert "4 March 2026, 23:30" in page(owner_client, analysis, "en")
        assert "4. März 2026 23:30" in page(owner_client, analysis, "de")
        tile = owner_client.get(reverse("analyses:history"), headers={"Accept-Language": "en"}).content.decode()
        assert "4 Mar 2026, 23:30" in tile

    def test_weeks_on_the_chart_follow_the_language(
        self, far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client
    ) -> None:
        upload()
        days = {}
        for language in ("en", "de"):
            answer = owner_client.get(
                reverse("analyses:summary"), {"period": "quarter"}, headers={"Accept-Language": language}
            )
            step = answer.context["columns"][0][0].begins
            days[language] = (answer.content.decode(), step)
        english, step = days["en"]
        assert f">{step.day} {step:%b}</text>" in english
        german, step = days["de"]
        assert f">{step.day}.{step.month}.</text>" in german

    def test_the_choice_goes_along_with_ones_data(self, analysis: Analysis, owner_client: Client) -> None:
        choose(owner_client, "Asia/Tokyo")
        answer = owner_client.post(reverse("accounts:export"))
        with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
            assert json.loads(archive.read("account.json"))["time_zone"] == "Asia/Tokyo"


def test_every_zone_that_is_offered_works(owner_client: Client) -> None:
    offered = [name for _region, members in zones.choices() for name, _place in members]
    assert {"Europe/Berlin", "America/Argentina/Ushuaia", "UTC"} <= set(offered)
    for name in offered[::40]:
        assert choose(owner_client, name) == 302
