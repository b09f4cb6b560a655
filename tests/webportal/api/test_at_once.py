"""The same call several times at once, as after a broken connection: it is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from tests.webportal.api.conftest import picture, program
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Upload
from webportal.api.models import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 4


def test_a_call_that_comes_several_times_at_once_is_made_once(
    far_side: FarSide, owner: User, png: bytes, media: object
) -> None:
    token = str(program(owner).defaults["HTTP_AUTHORIZATION"])

    def call(_number: int) -> tuple[int, str]:
        headers = {"Authorization": token, "Idempotency-Key": "same"}
        answer = Client().post("/api/v1/analyses", {"picture": picture(png)}, headers=headers)
        connection.close()
        return answer.status_code, answer.json().get("analysis", {}).get("id")

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(call, range(CALLERS)))
    assert {status for status, _id in answers} <= {200, 201}
    assert len({analysis for _status, analysis in answers}) == 1
    assert [rows.objects.count() for rows in (Analysis, Upload, IdempotencyKey)] == [1, 1, 1]
