"""Installations of their own: a folder, a database, commands in processes as an administrator runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "a-long-passphrase"


@dataclass
class Installation:
    """One installation with the embedded settings."""

    var: Path
    environment: dict[str, str] = field(repr=False)

    def run(self, *command: str, check: bool = True, **extra: str) -> subprocess.CompletedProcess[str]:
        """A command of ``manage.py``."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment | extra,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def script(self, code: str, **extra: str) -> Any:
        """What a piece of Python prints as JSON in its last line."""
        return json.loads(self.run("shell", "-v0", "-c", code, **extra).stdout.splitlines()[-1])

    def files(self) -> dict[str, bytes]:
        """What lies in its folder; what SQLite keeps beside its file and the lock are left aside."""
        return {
            str(path.relative_to(self.var)): path.read_bytes()
            for path in self.var.rglob("*")
            if path.is_file() and not path.name.endswith(("-shm", "-wal", ".lock"))
        }


#: A person with a second factor, a picture and a session; prints what somebody would have to know to log in.
PERSON = """
import io, json
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from PIL import Image
from webportal.accounts.models import User
from webportal.analyses.services import create_upload
user = User.objects.create_user("anna", "anna@example.org", "a-long-passphrase")
EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
secret = generate_totp_secret()
TOTP.activate(user, secret)
out = io.BytesIO()
Image.linear_gradient("L").resize((192, 128)).save(out, "PNG")
analysis = create_upload(owner=user, data=out.getvalue(), media_type="image/png", keep_original=True)
client = Client(headers={"host": "localhost"})
client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
print(json.dumps({"secret": secret, "upload": str(analysis.upload_id), "session": client.session.session_key}))
"""

#: Logs in over the pages and opens the picture; prints the way that it went.
LOG_IN = """
import json, os, time
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
person = json.loads(os.environ["PERSON"])
client = Client(headers={"host": "localhost"})
way = [client.post("/accounts/login/", {"login": "anna", "password": "a-long-passphrase"}).headers["Location"]]
if "2fa" in way[0]:
    code = format_hotp_value(hotp_value(person["secret"], int(time.time()) // 30))
    way.append(client.post(way[0], {"code": code}).headers["Location"])
way.append(client.get(f"/uploads/{person['upload']}/picture").status_code)
old = Client(headers={"host": "localhost"})
old.cookies["sessionid"] = person["session"]
way.append(old.get("/history/").status_code)
print(json.dumps(way))
"""


@pytest.fixture(scope="module")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Installation]]:
    """Makes empty installations, each with a database of its own: SQLite, or the kind that the environment names."""
    with ExitStack() as databases:

        def make(**settings: str) -> Installation:
            var = tmp_path_factory.mktemp("installation") / "var"
            clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
            inside = {"BEATLENS_VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "webportal.settings.development"}
            url = os.environ.get("BEATLENS_DATABASE_URL", "")
            if url.startswith("postgres"):
                inside["BEATLENS_DATABASE_URL"] = databases.enter_context(_database_beside(url))
            return Installation(var, clean | inside | settings)

        yield make


def _database_beside(url: str) -> Any:
    from contextlib import contextmanager

    import psycopg
    from django.conf import settings

    known, name = settings.DATABASES["default"], f"backups_{uuid.uuid4().hex}"
    address = {"host": known["HOST"], "user": known["USER"], "password": known["PASSWORD"], "dbname": "postgres"}

    @contextmanager
    def database() -> Iterator[str]:
        with psycopg.connect(**address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            yield f"{url.rpartition('/')[0]}/{name}"
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return database()


def on_postgresql() -> bool:
    """Whether these tests run on PostgreSQL."""
    return os.environ.get("BEATLENS_DATABASE_URL", "").startswith("postgres")
