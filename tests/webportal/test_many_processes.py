"""Two portals and two workers of each kind share a database and a bucket, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.portal import many_processes
from benchmarks.portal.many_processes import Site
from benchmarks.portal.round_robin import Person
from benchmarks.processes.postgresql import PostgresqlMissingError, programs


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        programs()
    except PostgresqlMissingError as missing:
        pytest.skip(str(missing))
    with many_processes.site(tmp_path_factory.mktemp("site") / "var") as running:
        yield running


def test_nothing_is_lost_when_database_and_tables_change_under_load(site: Site) -> None:
    outcome = many_processes.load(site, people=2, pictures_each=6, recordings_each=1, cuts=2, restarts=1, migrations=1)
    assert outcome.is_good, outcome
    assert outcome.sent == 14


def test_who_logs_in_at_one_is_known_to_the_other_and_failures_are_counted_together(site: Site) -> None:
    site.manage("shell", "-c", (
        "from webportal.accounts.models import User; from allauth.account.models import EmailAddress\n"
        "user = User.objects.create_user('newcomer', 'newcomer@example.org', 'a-long-passphrase')\n"
        "EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)"
    ))  # fmt: skip
    assert Person(site.ports).log_in("newcomer", "a-long-passphrase")
    assert not any(Person(site.ports).log_in("newcomer", "not-that-passphrase") for _ in range(6))
    assert not any(Person([port]).log_in("newcomer", "a-long-passphrase") for port in site.ports)
