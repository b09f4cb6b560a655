"""The embedded defaults: one machine, SQLite, files under ``var/``, reachable from this machine only.

``manage.py`` and ``webportal.wsgi`` use these settings unless ``DJANGO_SETTINGS_MODULE`` names others.
"""

from __future__ import annotations

from urllib.parse import quote

from webportal.settings.base import *  # noqa: F403
from webportal.settings.base import CACHE_ENTRIES, VAR_DIR, env
from webportal.settings.database import database
from webportal.settings.secret_key import load_or_create

DEBUG = env.bool("BEATLENS_DEBUG", default=False)
SECRET_KEY = env.str("BEATLENS_SECRET_KEY", default="") or load_or_create(VAR_DIR / "secret_key")

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

DATABASES = {"default": database(env, default=f"sqlite:///{quote(str(VAR_DIR / 'beatlens.sqlite3'))}")}
VAR_DIR.mkdir(parents=True, exist_ok=True)

# Whoever runs it for themselves finds pictures again by the names of their files.
KEEP_FILE_NAMES = env.bool("BEATLENS_KEEP_FILE_NAMES", default=True)

# Rate limits are counted in the memory of the one portal process.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": CACHE_ENTRIES},
    }
}

TRIAL_ENABLED = env.bool("BEATLENS_TRIAL", default=True)

# Mail goes to the terminal, so nobody could confirm an address: a new user may work at once.
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "optional"
MFA_ALLOW_UNVERIFIED_EMAIL = True

# Served straight from the packages: no collectstatic step between a clone and a running portal.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
WHITENOISE_AUTOREFRESH = DEBUG
