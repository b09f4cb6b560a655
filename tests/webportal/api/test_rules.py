"""Programs may do what the pages let the same person do, and no more: both stand in the one table of docs/access.md."""

from __future__ import annotations

import pytest

from tests.webportal.access_table import PAGE, ROLES

#: What a page does, and the call that does the same.
TWINS = [
    ("GET /history/", "GET /api/v1/analyses"),
    ("POST /predict/", "POST /api/v1/analyses"),
    ("POST /predict/", "POST /api/v1/batches"),
    ("GET /trash/", "GET /api/v1/analyses/trash"),
    ("GET /review-queue/", "GET /api/v1/analyses/to-review"),
    ("GET /analyses/<analysis_id>/", "GET /api/v1/analyses/<analysis_id>"),
    ("POST /analyses/<analysis_id>/notes/", "PATCH /api/v1/analyses/<analysis_id>"),
    ("POST /analyses/<analysis_id>/delete/", "DELETE /api/v1/analyses/<analysis_id>"),
    ("POST /analyses/<analysis_id>/restore/", "POST /api/v1/analyses/<analysis_id>/restore"),
    ("POST /analyses/<analysis_id>/again/", "POST /api/v1/analyses/<analysis_id>/again"),
    ("POST /analyses/<analysis_id>/reviews/", "POST /api/v1/analyses/<analysis_id>/readings"),
    ("POST /analyses/<analysis_id>/sharing/", "PUT /api/v1/analyses/<analysis_id>/sharing"),
    ("GET /analyses/<analysis_id>/report.pdf", "GET /api/v1/analyses/<analysis_id>/report.pdf"),
    ("GET /uploads/<upload_id>/picture", "GET /api/v1/pictures/<upload_id>"),
    ("GET /uploads/<upload_id>/thumbnail", "GET /api/v1/pictures/<upload_id>/thumbnail"),
    ("GET /uploads/<upload_id>/original", "GET /api/v1/pictures/<upload_id>/original"),
    ("GET /history.csv", "GET /api/v1/exports/analyses.csv"),
    ("GET /history.json", "GET /api/v1/exports/analyses.json"),
    ("GET /recordings/", "GET /api/v1/recordings"),
    ("POST /recordings/new/", "POST /api/v1/recordings"),
    ("GET /recordings/trash/", "GET /api/v1/recordings/trash"),
    ("GET /recordings/<recording_id>/", "GET /api/v1/recordings/<recording_id>"),
    ("POST /recordings/<recording_id>/name/", "PATCH /api/v1/recordings/<recording_id>"),
    ("POST /recordings/<recording_id>/delete/", "DELETE /api/v1/recordings/<recording_id>"),
    ("POST /recordings/<recording_id>/restore/", "POST /api/v1/recordings/<recording_id>/restore"),
    ("POST /recordings/<recording_id>/sharing/", "PUT /api/v1/recordings/<recording_id>/sharing"),
    ("POST /recordings/<recording_id>/answers/", "POST /api/v1/recordings/<recording_id>/answers"),
    ("POST /recordings/<recording_id>/again/", "POST /api/v1/recordings/<recording_id>/again"),
    ("POST /recordings/<recording_id>/cancel/", "POST /api/v1/recordings/<recording_id>/cancel"),
    ("GET /recordings/<recording_id>/families/", "GET /api/v1/recordings/<recording_id>/edits"),
    ("POST /recordings/<recording_id>/edits/", "POST /api/v1/recordings/<recording_id>/edits"),
    ("GET /recordings/<recording_id>/export/<name>", "GET /api/v1/recordings/<recording_id>/exports/<name>"),
    ("GET /recordings/<recording_id>/report.pdf", "GET /api/v1/recordings/<recording_id>/report.pdf"),
    ("GET /recordings/<recording_id>/page/places", "GET /api/v1/recordings/<recording_id>/page"),
    ("GET /recordings/<recording_id>/page/picture", "GET /api/v1/recordings/<recording_id>/page/picture"),
    ("GET /recordings/<recording_id>/page/overlay", "GET /api/v1/recordings/<recording_id>/page/overlay"),
    ("POST /recordings/<recording_id>/page/", "POST /api/v1/recordings/<recording_id>/page/corrections"),
    ("POST /recordings/<recording_id>/page/", "POST /api/v1/recordings/<recording_id>/page/confirmation"),
    ("POST /recordings/<recording_id>/page/insist/", "POST /api/v1/recordings/<recording_id>/page/insistence"),
    ("POST /recordings/<recording_id>/page/beat/", "POST /api/v1/recordings/<recording_id>/page/beat"),
    ("GET /batches/", "GET /api/v1/batches"),
    ("GET /batches/<batch_id>/", "GET /api/v1/batches/<batch_id>"),
    ("GET /batches/<batch_id>/", "GET /api/v1/batches/<batch_id>/files"),
    ("GET /batches/<batch_id>/files.csv", "GET /api/v1/batches/<batch_id>/files.csv"),
    ("POST /batches/<batch_id>/name/", "PATCH /api/v1/batches/<batch_id>"),
    ("POST /batches/<batch_id>/delete/", "DELETE /api/v1/batches/<batch_id>"),
    ("POST /batches/<batch_id>/restore/", "POST /api/v1/batches/<batch_id>/restore"),
]
#: Calls about the token itself and one's own words.
ALONE = {"GET /api/v1/account", "GET /api/v1/tags", "GET /api/v1/openapi.json"}
#: The page is refused to who is no reviewer; for programs it isn't there.
REVIEWERS_ALONE = {"GET /api/v1/recordings/shared"}


def rows() -> dict[str, list[str]]:
    """What each address answers by each method, by role."""
    table = {}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `/"):
            address, method, *outcomes = (cell.strip() for cell in line.strip("|").split("|"))
            table[f"{method} {address.strip('`')}"] = outcomes
    return table


@pytest.mark.parametrize(("page", "call"), TWINS, ids=[call for _page, call in TWINS])
def test_a_call_is_answered_to_whom_the_page_is(page: str, call: str) -> None:
    of_page, of_call = rows()[page], rows()[call]
    assert len(of_page) == len(of_call) == len(ROLES)
    assert of_call == [{"log in": "token"}.get(outcome, outcome) for outcome in of_page]


def test_every_call_has_its_page() -> None:
    calls = {call for call, outcomes in rows().items() if " /api/v1/" in call and set(outcomes) != {"not found"}}
    assert calls == {call for _page, call in TWINS} | ALONE | REVIEWERS_ALONE


def test_nothing_is_forbidden_that_could_be_absent() -> None:
    """404 and not 403, which would say that there is something."""
    assert not [call for call, outcomes in rows().items() if "/api/" in call and "refused" in outcomes]
