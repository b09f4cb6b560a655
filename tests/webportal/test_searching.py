"""What a search of words finds, and that both ways to look for it find the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webportal import searching
from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db

LABELS = ("Bed 4, lead II", "embedded", "ward-7b", "100 %", "Öl", "a.b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bed", {"Bed 4, lead II", "embedded"}),
        ("BE", {"Bed 4, lead II"}),
        ("b", {"Bed 4, lead II", "a.b"}),
        ("d 4", set()),  # one word begins with d, and none of these
        ("4", {"Bed 4, lead II"}),
        ("ii", {"Bed 4, lead II"}),
        ("7", {"ward-7b"}),
        ("-7", {"ward-7b"}),
        ("%", {"100 %"}),
        ("0 %", set()),
        ("ö", {"Öl"}),
        ("a.", {"a.b"}),
        ("ab", set()),
        ("(", set()),
    ],
)
def test_a_word_is_found_anywhere_and_one_or_two_letters_where_a_word_begins(
    text: str, found: set[str], owner: User, upload: Callable[..., Analysis]
) -> None:
    for label in LABELS:
        upload(label=label)
    mine = Upload.objects.filter(owner=owner)
    keys = searching.keys_of_rare(mine, "label", text)
    assert keys is not None
    assert set(mine.filter(pk__in=keys).values_list("label", flat=True)) == found
    assert set(mine.filter(searching.has_text("label", text)).values_list("label", flat=True)) == found


def test_a_common_word_has_no_keys(
    owner: User, upload: Callable[..., Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", 1)
    for _ in range(2):
        upload(label="bed")
    mine = Upload.objects.filter(owner=owner)
    assert [searching.keys_of_rare(mine, "label", text) for text in ("bed", "be", "b")] == [None] * 3
