"""The embedded defaults: one machine, SQLite, files under ``var/``, reachable from this machine only.

``manage.py`` and ``webportal.wsgi`` use these settings unless ``DJANGO_SETTINGS_MODULE`` names others.
"""

from __future__ import annotations

from urllib.parse import quote

from webportal.settings.base import *  # noqa: F403
from webportal.settings.base import CACHE_ENTRIES, VAR_DIR, env
from webportal.settings.database import database
from webportal.settings.private_files import private_file, private_folder
from webportal.settings.secret_key import load_or_create, strong

private_folder(VAR_DIR)
DEBUG = env.bool("BEATLENS_DEBUG", default=False)
_chosen = env.str("BEATLENS_SECRET_KEY", default="")
SECRET_KEY_FILE = None if _chosen else VAR_DIR / "secret_key"
SECRET_KEY = load_or_create(SECRET_KEY_FILE) if SECRET_KEY_FILE else strong(_chosen)

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

_file = VAR_DIR / "beatlens.sqlite3"
DATABASES = {"default": database(env, default=f"sqlite:///{quote(str(_file))}")}
if DATABASES["default"]["NAME"] == str(_file):
    private_file(_file)

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
