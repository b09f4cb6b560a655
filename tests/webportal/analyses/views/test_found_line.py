"""The line that a model read of a picture, laid over it: by links, without JavaScript, for models that read so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from inference_server.classification import Classification, NotABeat, Trace, Verdict
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db

TRACE = Trace((((0.0, 0.5), (0.25, 0.125)), ((0.5, 0.75), (1.0, 0.5))), (0.25, 0.125, 0.75, 0.875))


@pytest.fixture
def reading_ink(far_side: FarSide) -> FarSide:
    far_side.trace = TRACE
    return far_side


@pytest.fixture
def analysed(far_side: FarSide, upload: Callable[..., Analysis]) -> Callable[..., Analysis]:
    def one(said: Classification | None = None, data: bytes | None = None) -> Analysis:
        if said is not None:
            far_side.respond = lambda _data: said
        analysis = upload() if data is None else upload(data)
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        return analysis

    return one


def line_of(analysis: Analysis) -> str:
    return reverse("analyses:found-line", args=[analysis.pk])


def page(client: Client, address: str, **headers: str) -> str:
    return client.get(address, headers=headers).content.decode()


def test_the_result_offers_it_by_a_link_and_asks_nobody_yet(
    reading_ink: FarSide, analysed: Callable[..., Analysis], owner_client: Client
) -> None:
    analysis = analysed()
    html = page(owner_client, analysis.get_absolute_url())
    assert f'href="{line_of(analysis)}"' in html
    assert '<svg class="found-line"' not in html
    assert reading_ink.explained == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_it_lies_over_the_picture_in_its_pixels(
    language: str, reading_ink: FarSide, analysed: Callable[..., Analysis], owner_client: Client
) -> None:
    analysis = analysed()
    html = page(owner_client, line_of(analysis), **{"Accept-Language": language})
    assert 'viewBox="0 0 192 128"' in html
    strokes = re.findall(r'class="found-line__stroke" points="([^"]+)"', html)
    assert strokes == ["0.00,64.00 48.00,16.00", "96.00,96.00 192.00,64.00"]
    assert '<rect class="found-line__frame" x="48.00" y="16.00" width="96.00" height="96.00"/>' in html
    assert f'href="{analysis.get_absolute_url()}"' in html  # the picture alone
    assert "<html" in html
    part = page(owner_client, line_of(analysis), **{"HX-Request": "true"})
    assert "<html" not in part
    assert "found-line__stroke" in part


def test_the_server_is_asked_once(
    reading_ink: FarSide, analysed: Callable[..., Analysis], owner_client: Client
) -> None:
    analysis = analysed()
    for _ in range(2):
        page(owner_client, line_of(analysis))
    assert reading_ink.explained == [""]


def test_models_that_see_whole_pictures_have_none_to_show(
    far_side: FarSide, analysed: Callable[..., Analysis], owner_client: Client
) -> None:
    far_side.model = {"reads_ink": False}
    analysis = analysed()
    assert line_of(analysis) not in page(owner_client, analysis.get_absolute_url())
    assert owner_client.get(line_of(analysis)).status_code == 404


@pytest.mark.parametrize(
    ("reason", "offered", "framed"),
    [
        (NotABeat.SEVERAL_BEATS, True, False),
        (NotABeat.SEVERAL_LINES, True, False),
        (NotABeat.UNFAMILIAR, True, True),
        (NotABeat.BLANK, False, False),
        (NotABeat.NO_LINE, False, False),
        (NotABeat.PHOTOGRAPH, False, False),
    ],
)
def test_of_what_is_no_beat_the_line_shows_why_and_nothing_else(
    reason: NotABeat,
    offered: bool,
    framed: bool,
    reading_ink: FarSide,
    analysed: Callable[..., Analysis],
    answered: Callable[..., Classification],
    owner_client: Client,
) -> None:
    analysis = analysed(answered(probability=0.4567, verdict=Verdict.NOT_A_BEAT, reason=reason, beats=0))
    assert (line_of(analysis) in page(owner_client, analysis.get_absolute_url())) == offered
    response = owner_client.get(line_of(analysis))
    assert response.status_code == (200 if offered else 404)
    if offered:
        html = response.content.decode()
        assert "found-line__stroke" in html
        assert ("found-line__frame" in html) == framed
        assert "45.7" not in html
        assert reverse("analyses:evidence", args=[analysis.pk, "PVC"]) not in html


def test_without_the_server_and_without_a_line_the_page_says_so(
    reading_ink: FarSide, analysed: Callable[..., Analysis], owner_client: Client, settings: Settings
) -> None:
    settings.INFERENCE_FAST_TIMEOUT = 0.2
    analysis = analysed()
    page(owner_client, analysis.get_absolute_url())  # the description is remembered
    reading_ink.trace = None
    assert "The model found no line in this picture." in page(owner_client, line_of(analysis))
    reading_ink.down()
    assert "The analysis service is unavailable right now." in page(owner_client, line_of(analysis))


def test_it_is_limited_per_user(
    reading_ink: FarSide, analysed: Callable[..., Analysis], owner_client: Client, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"evidence": "2/m/user"}
    analysis = analysed()
    assert [owner_client.get(line_of(analysis)).status_code for _ in range(3)] == [200, 200, 429]


def test_who_reads_blind_sees_it_after_their_reading(
    reading_ink: FarSide,
    analysed: Callable[..., Analysis],
    owner: User,
    reviewer: User,
    reviewer_client: Client,
    settings: Any,
) -> None:
    settings.REVIEWERS_READ_BLIND = True
    analysis = analysed()
    services.share_analyses(actor=owner, ids=[analysis.pk])
    analysis.refresh_from_db()
    assert reviewer_client.get(line_of(analysis)).status_code == 404
    services.review(actor=reviewer, analysis=analysis, class_short="PACED")
    assert reviewer_client.get(line_of(analysis)).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False], ids=["JavaScript", "none"])
def test_with_keys_alone_it_is_shown_and_hidden_again_on_a_phone(
    scripts: bool,
    chromium: Browser,
    live_server: LiveServer,
    reading_ink: FarSide,
    analysed: Callable[..., Analysis],
    owner_client: Client,
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    address = live_server.url + analysed().get_absolute_url()
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
    session = owner_client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(address)
    line = page.get_by_role("img", name="The line that was read, over the picture")
    expect(line).to_have_count(0)
    page.get_by_role("link", name="The line that was read").press("Enter")
    expect(line).to_be_visible()
    sent = page.get_by_role("img", name="The picture that you sent")
    assert line.bounding_box() == pytest.approx(sent.bounding_box(), abs=1)
    page.get_by_role("link", name="Picture alone").press("Enter")
    expect(line).to_have_count(0)
    context.close()
