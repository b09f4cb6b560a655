"""Keys, and what production insists on."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webportal.settings.secret_key import load_or_create

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "BEATLENS_SECRET_KEY": "k" * 20 + "0123456789" + "abcdefghijklmnopqrstuvwxyz",
    "BEATLENS_ALLOWED_HOSTS": "beatlens.example.org",
    "BEATLENS_DATABASE_URL": "sqlite:////tmp/never-opened.sqlite3",
}


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "var" / "secret_key"
    key = load_or_create(path)
    assert len(key) >= 50
    assert load_or_create(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_the_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_or_create, [tmp_path / "secret_key"] * 32))
    assert len(keys) == 1


def test_a_damaged_key_file_is_not_papered_over(tmp_path):
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


def test_production_passes_djangos_own_deployment_check():
    result = check(PRODUCTION)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("missing", PRODUCTION)
def test_production_has_no_defaults_for_what_must_be_chosen(missing):
    result = check({name: value for name, value in PRODUCTION.items() if name != missing})
    assert result.returncode != 0
    assert missing in result.stderr


def test_models_and_migrations_agree(db):
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_portal_loads_without_the_model_runtime():
    code = (
        "import django; django.setup(); import sys, webportal.wsgi;"
        "print([m for m in ('onnxruntime', 'tensorflow', 'training', 'numpy') if m in sys.modules])"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "webportal.settings.test"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
