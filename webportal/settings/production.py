"""Behind TLS, on a real database. Everything secret or local comes from the environment; nothing has a default key."""

from __future__ import annotations

from webportal.settings.base import *  # noqa: F403
from webportal.settings.base import CACHE_ENTRIES, STORAGES, VAR_DIR, env
from webportal.settings.database import database
from webportal.settings.media import media_storage
from webportal.settings.secret_key import strong

SECRET_KEY = strong(env.str("BEATLENS_SECRET_KEY"))
SECRET_KEY_FALLBACKS = env.list("BEATLENS_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("BEATLENS_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("BEATLENS_TRUSTED_ORIGINS", default=[f"https://{host}" for host in ALLOWED_HOSTS])

DATABASES = {"default": database(env)}

# Rate limits must be counted across processes: the database, unless Redis or Memcached is named.
CACHES = {"default": env.cache_url("BEATLENS_CACHE_URL", default="dbcache://beatlens_cache")}
if CACHES["default"]["BACKEND"].rpartition(".")[2] in ("DatabaseCache", "LocMemCache", "FileBasedCache"):
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": CACHE_ENTRIES} | CACHES["default"].get("OPTIONS", {})

STORAGES = {
    **STORAGES,
    "default": media_storage(env, env.str("BEATLENS_MEDIA_DIR", default=str(VAR_DIR / "media"))),
    "staticfiles": {"BACKEND": "webportal.settings.static_files.ModuleStaticFilesStorage"},
}

EMAIL_CONFIG = env.email_url("BEATLENS_EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)

#: Whoever administers sees everybody's pictures.
ADMIN_MFA_REQUIRED = env.bool("BEATLENS_ADMIN_MFA", default=True)

SECURE_SSL_REDIRECT = env.bool("BEATLENS_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("BEATLENS_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("BEATLENS_HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("BEATLENS_HSTS_PRELOAD", default=True)
if env.bool("BEATLENS_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
#: Number of proxies in front whose X-Forwarded-For entries are believed, for rate limits by address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("BEATLENS_TRUSTED_PROXIES", default=0)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
