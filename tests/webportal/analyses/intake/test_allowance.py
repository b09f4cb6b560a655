"""What one person may have done within a minute, counted in pictures and megapixels and not in requests."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses.intake import allowance, pictures
from webportal.analyses.intake.allowance import AllowanceSpent
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def limits(settings: Settings) -> Callable[..., Any]:
    def set_to(*, pictures: int = 0, megapixels: int = 0) -> None:
        settings.UPLOAD_PICTURES_PER_MINUTE, settings.UPLOAD_MEGAPIXELS_PER_MINUTE = pictures, megapixels

    return set_to


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The time that the allowance sees; ``clock(seconds)`` lets some pass."""
    now = [1_000_000.0]
    monkeypatch.setattr(allowance, "_now", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def zipped(drawn: Callable[..., bytes], count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"beat-{number}.png", drawn(shift=number))
    return out.getvalue()


def send(client: Client, data: bytes, **fields: str) -> Any:
    return client.post(reverse("analyses:predict"), {"picture": SimpleUploadedFile("file", data), **fields})


class TestCounting:
    @pytest.mark.parametrize("kind", ["pictures", "megapixels"])
    def test_a_minute_holds_so_much_and_no_more(
        self, kind: str, limits: Callable[..., Any], clock: Callable[..., Any], owner: User
    ) -> None:
        limits(**{kind: 60})
        for _ in range(60):
            allowance.take(user=owner, pictures=1, megapixels=1.0)
        with pytest.raises(AllowanceSpent) as refusal:
            allowance.take(user=owner, pictures=1, megapixels=1.0)
        assert refusal.value.retry_after == pytest.approx(1.0)
        clock(1)
        allowance.take(user=owner, pictures=1, megapixels=1.0)
        with pytest.raises(AllowanceSpent):
            allowance.take(user=owner, pictures=1, megapixels=1.0)

    def test_what_is_refused_takes_nothing(
        self, limits: Callable[..., Any], clock: Callable[..., Any], owner: User
    ) -> None:
        limits(pictures=10, megapixels=100)
        for _ in range(3):
            allowance.take(user=owner, pictures=1, megapixels=30)
        for _ in range(20):
            with pytest.raises(AllowanceSpent):
                allowance.take(user=owner, pictures=1, megapixels=30)
        allowance.take(user=owner, pictures=7, megapixels=10)

    def test_nobody_uses_up_what_is_anothers(
        self, limits: Callable[..., Any], clock: Callable[..., Any], owner: User, other: User
    ) -> None:
        limits(pictures=1)
        for user in (owner, other):
            allowance.take(user=user, pictures=1, megapixels=0)
            with pytest.raises(AllowanceSpent):
                allowance.take(user=user, pictures=1, megapixels=0)

    def test_one_that_is_larger_than_a_minutes_share_is_let_through_and_paid_for_afterwards(
        self, limits: Callable[..., Any], clock: Callable[..., Any], owner: User
    ) -> None:
        limits(megapixels=10)
        allowance.take(user=owner, pictures=1, megapixels=25)
        clock(60)
        with pytest.raises(AllowanceSpent):
            allowance.take(user=owner, pictures=1, megapixels=1)
        clock(36)
        allowance.take(user=owner, pictures=1, megapixels=1)

    def test_without_limits_nothing_is_counted(
        self, limits: Callable[..., Any], clock: Callable[..., Any], owner: User
    ) -> None:
        limits()
        allowance.take(user=owner, pictures=10**6, megapixels=1e9)
        limits(pictures=1, megapixels=1)
        allowance.take(user=owner, pictures=1, megapixels=1)

    def test_a_holder_that_died_keeps_nobody_waiting_for_long(
        self, limits: Callable[..., Any], owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits(pictures=1)
        monkeypatch.setattr(allowance, "_PATIENCE", 0.05)
        cache.add(f"allowance:{owner.pk}:lock", "the dead one's", 10)
        with pytest.raises(AllowanceSpent):
            allowance.take(user=owner, pictures=1, megapixels=0)
        assert cache.get(f"allowance:{owner.pk}:lock") == "the dead one's"


@pytest.mark.django_db(transaction=True)
def test_processes_that_share_a_cache_share_the_count(
    settings: Settings, limits: Callable[..., Any], clock: Callable[..., Any], owner: User
) -> None:
    """With the cache of production, in the database: all that two processes have in common."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "allowance_test_cache"}
    }
    call_command("createcachetable", verbosity=0)
    limits(pictures=20)
    taken: list[int] = []

    def take_some() -> None:
        for _ in range(5):
            try:
                allowance.take(user=owner, pictures=1, megapixels=0)
                taken.append(1)
            except AllowanceSpent as refusal:
                if refusal.retry_after == allowance._PATIENCE:
                    taken.append(0)  # no turn within a second: refused, and not counted
        connection.close()

    threads = [threading.Thread(target=take_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert sum(taken) == 20 or (0 in taken and sum(taken) < 20)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE allowance_test_cache")


class TestUploads:
    def test_a_header_says_how_much_would_be_decoded(self, drawn: Callable[..., bytes]) -> None:
        assert pictures.declared_megapixels(drawn((2000, 1000))) == 2.0
        assert pictures.declared_megapixels(drawn((2000, 1000), kind="JPEG")[:700]) == 2.0
        assert pictures.declared_megapixels(b"a text file") == 0.0
        assert pictures.declared_megapixels(drawn((6000, 5000))) == 0.0  # too many: refused as it is
        assert pictures.declared_megapixels(drawn((2000, 1000), kind="WEBP")) is None  # its decoder can tell

    def test_a_kind_that_has_to_be_converted_is_paid_for_afterwards(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        limits: Callable[..., Any],
        clock: Callable[..., Any],
    ) -> None:
        limits(megapixels=10)
        assert send(owner_client, drawn((4000, 3000), kind="WEBP")).status_code == 302
        assert send(owner_client, drawn((400, 300), kind="WEBP")).status_code == 429
        clock(13)
        assert send(owner_client, drawn((400, 300), kind="WEBP")).status_code == 302

    def test_and_costs_as_much_as_the_largest_when_it_fails(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        limits: Callable[..., Any],
        clock: Callable[..., Any],
    ) -> None:
        limits(megapixels=60)
        for shift in range(3):
            assert send(owner_client, drawn((400, 300), kind="WEBP", shift=shift)[:-900]).status_code == 422
        assert send(owner_client, drawn((400, 300), kind="WEBP")).status_code == 429

    def test_a_zip_file_is_no_way_around_it(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], limits: Callable[..., Any]
    ) -> None:
        limits(pictures=3)
        response = owner_client.get(send(owner_client, zipped(drawn, 8))["Location"])
        assert Analysis.objects.count() == 3
        assert response.content.decode().count("as much as one person may within a minute") == 5

    def test_what_was_kept_is_recognised_and_not_counted_again(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        limits: Callable[..., Any],
        clock: Callable[..., Any],
    ) -> None:
        limits(pictures=3)
        send(owner_client, zipped(drawn, 6))
        clock(60)
        send(owner_client, zipped(drawn, 6))
        assert Analysis.objects.count() == 6

    def test_nothing_is_decoded_for_who_has_used_it_up(
        self,
        far_side: FarSide,
        owner_client: Client,
        drawn: Callable[..., bytes],
        limits: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        limits(megapixels=1)
        send(owner_client, drawn((1200, 1000)))
        monkeypatch.setattr(pictures, "prepare", lambda *_: pytest.fail("was decoded"))
        response = send(owner_client, drawn((1000, 1000)))
        assert response.status_code == 429
        assert 60 < int(response["Retry-After"]) <= 72  # 0.2 megapixels too many were let through
        assert "as much as one person may within a minute" in response.content.decode()

    def test_the_script_is_told_when_to_send_a_file_again(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], limits: Callable[..., Any]
    ) -> None:
        limits(pictures=1)
        send(owner_client, drawn(), part="1")
        response = send(owner_client, drawn(shift=1), part="1")
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0

    def test_to_run_many_again_counts_as_many(
        self,
        far_side: FarSide,
        owner: User,
        owner_client: Client,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
        limits: Callable[..., Any],
    ) -> None:
        analyses = [upload(drawn(shift=number)) for number in range(3)]
        for analysis in analyses:
            running.run(analysis_id=analysis.pk, timeout=2.0)
        cache.clear()
        limits(pictures=4)
        chosen = {"selected": [str(analysis.pk) for analysis in analyses]}
        owner_client.post(reverse("analyses:run-selected-again"), chosen)
        assert Analysis.objects.count() == 6
        page = owner_client.post(reverse("analyses:run-selected-again"), chosen, follow=True)
        assert "as much as one person may within a minute" in page.content.decode()
        assert Analysis.objects.count() == 6

        owner_client.post(reverse("analyses:run-again", args=[analyses[0].pk]))
        page = owner_client.post(reverse("analyses:run-again", args=[analyses[1].pk]), follow=True)
        assert "as much as one person may within a minute" in page.content.decode()
        assert Analysis.objects.count() == 7
