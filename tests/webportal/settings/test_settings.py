"""Keys, and what production insists on."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from environ import Env
from pytest_django.fixtures import Settings

from webportal.settings.database import database
from webportal.settings.secret_key import load_or_create, strong

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = {
    "BEATLENS_SECRET_KEY": "k" * 20 + "0123456789" + "abcdefghijklmnopqrstuvwxyz",
    "BEATLENS_ALLOWED_HOSTS": "beatlens.example.org",
    "BEATLENS_DATABASE_URL": "sqlite:////tmp/never-opened.sqlite3",
}


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    key = load_or_create(path)
    assert len(key) >= 50
    assert load_or_create(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_or_create, [tmp_path / "secret_key"] * 32))
    assert len(keys) == 1


def test_a_damaged_key_file_is_not_papered_over(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("short")
    with pytest.raises(ValueError, match="no usable key"):
        load_or_create(path)


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=clean | {"DJANGO_SETTINGS_MODULE": "webportal.settings.production"} | environment,
        capture_output=True,
        text=True,
    )


def test_production_passes_djangos_own_deployment_check() -> None:
    result = check(PRODUCTION)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("missing", PRODUCTION)
def test_production_has_no_defaults_for_what_must_be_chosen(missing: Any) -> None:
    result = check({name: value for name, value in PRODUCTION.items() if name != missing})
    assert result.returncode != 0
    assert missing in result.stderr


@pytest.mark.parametrize(
    "weak",
    ["short-but-random-Xq7", "x" * 60, "change-me-" * 6, "0123456789" * 6, "django-insecure-" + "aB3dE6gH9jK2mN5p" * 4],
)
def test_a_key_that_can_be_guessed_is_refused_in_production(weak: str) -> None:
    result = check(PRODUCTION | {"BEATLENS_SECRET_KEY": weak})
    assert result.returncode != 0
    assert "BEATLENS_SECRET_KEY is too weak" in result.stderr
    assert weak not in result.stderr


def test_random_keys_are_strong() -> None:
    for key in (secrets.token_urlsafe(64), secrets.token_hex(32), uuid.uuid4().hex * 2, secrets.token_urlsafe(38)):
        assert strong(key) == key


@pytest.mark.parametrize(("chosen", "wanted"), [({}, True), ({"BEATLENS_ADMIN_MFA": "false"}, False)])
def test_administrators_need_a_second_factor_in_production_unless_it_says_otherwise(
    chosen: dict[str, Any], wanted: bool
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")} | PRODUCTION
    code = "from webportal.settings import production; print(production.ADMIN_MFA_REQUIRED)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment | chosen, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(wanted)


class Given(Env):  # type: ignore[misc]  # django-environ has no types
    """An environment that a test writes down."""

    def __init__(self, **variables: str) -> None:
        super().__init__()
        self.ENVIRON = variables


class TestDatabase:
    def test_the_address_names_the_kind_and_the_place(self) -> None:
        settings = database(Given(BEATLENS_DATABASE_URL="postgres://clerk:s3cret@db.internal:5433/beats"))
        assert settings["ENGINE"] == "django.db.backends.postgresql"
        assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.internal", 5433, "beats")
        assert (settings["USER"], settings["PASSWORD"]) == ("clerk", "s3cret")

    def test_nothing_waits_for_ever_on_postgresql(self) -> None:
        url = "postgres://db/beats?sslmode=require"
        options = database(Given(BEATLENS_DATABASE_URL=url, BEATLENS_DATABASE_STATEMENT_SECONDS="7"))["OPTIONS"]
        assert options["connect_timeout"] == 5
        assert options["sslmode"] == "require"
        for limit in ("statement_timeout=7000", "lock_timeout=10000", "idle_in_transaction_session_timeout=60000"):
            assert f"-c {limit}" in options["options"]

    def test_a_second_writer_waits_on_sqlite(self) -> None:
        settings = database(Given(), default="sqlite:////srv/beats.sqlite3")
        assert (settings["NAME"], settings["OPTIONS"]["timeout"]) == ("/srv/beats.sqlite3", 10)
        assert "journal_mode=WAL" in settings["OPTIONS"]["init_command"]

    def test_it_must_be_named_where_there_is_no_default(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="BEATLENS_DATABASE_URL"):
            database(Given())


def test_models_and_migrations_agree(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_portal_loads_without_the_model_runtime() -> None:
    code = (
        "import django; django.setup(); import sys, webportal.wsgi;"
        "print([m for m in ('onnxruntime', 'tensorflow', 'training') if m in sys.modules])"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "webportal.settings.test"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_modules_import_each_other_by_the_names_that_production_gives_them(tmp_path: Path, settings: Settings) -> None:
    backend = "webportal.settings.static_files.ModuleStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    named = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    entry = (tmp_path / named["beatlens/viewer/viewer.js"]).read_text(encoding="utf-8")
    imported = re.findall(r'from "\./([^"]+)"', entry)
    assert len(imported) > 8
    for name in imported:
        assert f"beatlens/viewer/{name}" in named.values()
