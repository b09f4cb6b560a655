"""Rows that PostgreSQL multiplies are such as Python would have made."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F

from benchmarks.portal import drawn, recording_rows
from webportal.accounts.models import User
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db

PATTERN = 200
ROWS = 5 * PATTERN


@pytest.fixture(autouse=True)
def pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone multiplies rows.")
    monkeypatch.setattr(recording_rows, "PATTERN", PATTERN)
    names = [drawn.OWNER, *(f"other-{number}" for number in range(drawn.OTHERS))]
    people = User.objects.bulk_create(User(username=name, email=f"{name}@example.org") for name in names)
    recording_rows.load(0, PATTERN, ROWS, {user.username: user.pk for user in people})


def test_they_have_their_own_times_names_and_analyses() -> None:
    recording_rows.multiply(ROWS, lambda line: None)
    sent = list(Recording.objects.order_by("-created_at").values_list("created_at", flat=True))
    assert sent == [drawn.sent_at(number) for number in range(ROWS)]
    analysed = RecordingAnalysis.objects.filter(recording__created_at=F("created_at"), recording__owner=F("owner"))
    assert analysed.count() == Recording.objects.filter(state="read").count() == RecordingAnalysis.objects.count()
    apart = drawn.apart(ROWS)
    for planted, first in ((drawn.RARE, 0), (drawn.MIDDLING, 2)):
        named = Recording.objects.filter(name=planted).values_list("created_at", flat=True)
        assert set(named) >= {drawn.sent_at(number) for number in range(first, ROWS, apart)}
    others = Recording.objects.exclude(name="").values_list("name", flat=True)
    assert len(set(others)) > len(others) * 0.7


def test_what_was_begun_goes_on() -> None:
    recording_rows.multiply(2 * PATTERN, lambda line: None)
    recording_rows.multiply(ROWS, lambda line: None)
    assert Recording.objects.count() == ROWS


def test_a_number_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        recording_rows.multiply(ROWS + 1, lambda line: None)
