"""Settings of the test suite: a real database, everything else as embedded, nothing outside a temporary folder."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from webportal.settings.base import *  # noqa: F403
from webportal.settings.base import STORAGES, env
from webportal.settings.database import database

SECRET_KEY = "only-for-tests-" + "x" * 50

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]

_folder = Path(tempfile.mkdtemp(prefix="beatlens-tests-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

# SQLite unless BEATLENS_DATABASE_URL names another (python -m benchmarks.processes.postgresql pytest …).
_database = database(env, default=f"sqlite:///{_folder / 'unused.sqlite3'}")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: threads and processes of one test see the same database, as in production.
    _database["TEST"] = {"NAME": _folder / "test.sqlite3"}
    _database["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
DATABASES = {"default": _database}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    **STORAGES,
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(_folder / "media"), "base_url": None},
    },
}
TRIAL_ENABLED = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "optional"
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Hundreds of log-ins come from one address here; the tests of the limits set their own.
ACCOUNT_RATE_LIMITS = False
# Slow hashes protect real passwords; here they would only protect against fast tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nothing listens here: a test that wants a server starts one and says where.
INFERENCE_ADDRESS = "127.0.0.1:9"
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
WHITENOISE_AUTOREFRESH = True
