"""Settings that hold everywhere. ``development``, ``production`` and ``test`` say what differs.

Everything an operator may change is read from the environment; docs/administrators.md lists the names.
"""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONE, SELF

from webportal.log_format import log_format
from webportal.settings.certificates import pem
from webportal.settings.media import media_storage

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(env.str("BEATLENS_VAR_DIR", default=str(BASE_DIR / "var")))

DEBUG = False

INSTALLED_APPS = [
    "webportal.operations.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_tasks_db",
    "webportal.accounts",
    "webportal.pages",
    "webportal.analyses",
    "webportal.recordings",
    "webportal.trial",
    "webportal.audit",
    "webportal.operations",
    "webportal.backups",
    "webportal.api",
]

MIDDLEWARE = [
    "webportal.observability.middleware.TraceMiddleware",
    "webportal.observability.middleware.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webportal.errors.RequestSizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "webportal.accounts.acting.ActingMiddleware",
    "webportal.accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "webportal.accounts.session_end.SessionEndMiddleware",
    "webportal.audit.middleware.AdminAuditMiddleware",
]

ROOT_URLCONF = "webportal.urls"
WSGI_APPLICATION = "webportal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "webportal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# Each by its own name, so that those who need one find it.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
# What other packages say, in the words of this house, stands apart: makemessages would throw it out of our catalogue.
LOCALE_PATHS = [BASE_DIR / "webportal" / "locale", BASE_DIR / "webportal" / "wording"]
TIME_ZONE = env.str("BEATLENS_TIME_ZONE", default="UTC")
FORMAT_MODULE_PATH = ["webportal.formats"]
USE_I18N = True
USE_TZ = True

# --- Accounts ------------------------------------------------------------------------------------------------------

#: The file that the secret key is stored in; ``None`` where the environment tells it.
SECRET_KEY_FILE: Path | None = None

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["webportal.accounts.backends.AuthenticationBackend"]
SESSION_ENGINE = "webportal.accounts.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "analyses:predict"
LOGOUT_REDIRECT_URL = "pages:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "pages:home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Beatlens] "
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "webportal.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "webportal.accounts.forms.LoginForm"}
# What allauth counts for its own pages, and ours beside it; one dictionary, one way of answering 429.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    "upload": "600/m/user",  # requests, one a picture from the script; the work in them is counted by itself
    "export": "6/h/user",
    "evidence": "60/m/user",
    "report": "30/m/user",
    "edit": "120/m/user",
    # Of programs: calls with a token, and those whose token is unknown.
    "api": "1200/m/user",
    "api_refused": "60/m/ip",
    # Without an account: by address, and everybody together.
    "try": "10/m/ip,100/h/ip",
    "try_together": "60/m/key,1000/h/key",
}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
#: Whether the administration is closed to those who have not set up a second factor.
ADMIN_MFA_REQUIRED = env.bool("BEATLENS_ADMIN_MFA", default=False)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Beatlens"
MFA_ADAPTER = "webportal.accounts.adapter.EncryptingMFAAdapter"
DEFAULT_FROM_EMAIL = env.str("BEATLENS_FROM_EMAIL", default="beatlens@localhost")

# --- Pictures and the inference server -----------------------------------------------------------------------------

#: Where the inference server listens, ``host:port``.
INFERENCE_ADDRESS = env.str("BEATLENS_INFERENCE_ADDRESS", default="127.0.0.1:50051")
#: The token that the portal and its worker send, where the inference server asks for one.
INFERENCE_TOKEN = env.str("BEATLENS_INFERENCE_TOKEN", default="")
#: What the inference server's certificate must come from, PEM; with it, and only then, the way there is TLS.
INFERENCE_CA = pem(env, "BEATLENS_INFERENCE_CA")
#: The inference server's token file, where administrators make and revoke tokens in the portal; none: not there.
TOKENS_FILE: Path | None = Path(file) if (file := env.str("BEATLENS_TOKENS", default="")) else None
#: How long a person waits for the answer on the spot, seconds; after that the queue takes over.
INFERENCE_FAST_TIMEOUT = env.float("BEATLENS_INFERENCE_FAST_TIMEOUT", default=3.0)
#: Deadline of a call from the worker, seconds.
INFERENCE_WORKER_TIMEOUT = env.float("BEATLENS_INFERENCE_WORKER_TIMEOUT", default=10.0)
#: Largest picture, bytes; the inference server's own limit is the same.
PICTURE_MAX_BYTES = 8 * 1024 * 1024
#: Largest picture, width × height in pixels; the inference server's own limit is the same.
PICTURE_MAX_PIXELS = 25_000_000
#: Most files that one form sends; a script sends them one by one.
UPLOAD_MAX_PICTURES = env.int("BEATLENS_UPLOAD_MAX_PICTURES", default=500)
#: Most pictures in a batch, those of its zip files included.
BATCH_MAX_PICTURES = env.int("BEATLENS_BATCH_MAX_PICTURES", default=5000)
#: Whether names of files are stored unless their owner wishes otherwise: in a private installation they help to find
#: pictures again, elsewhere they may be names of patients.
KEEP_FILE_NAMES = env.bool("BEATLENS_KEEP_FILE_NAMES", default=False)
#: Largest zip file, bytes; what comes out of one, bytes in all; and the most files in it.
ARCHIVE_MAX_BYTES = 64 * 1024 * 1024
ARCHIVE_MAX_UNPACKED_BYTES = 256 * 1024 * 1024
ARCHIVE_MAX_ENTRIES = env.int("BEATLENS_ARCHIVE_MAX_ENTRIES", default=500)
#: Most that one person may have decoded or analysed within a minute, pictures and megapixels (as many again are saved
#: up while they send nothing); 0: any number.
UPLOAD_PICTURES_PER_MINUTE = env.int("BEATLENS_UPLOAD_PICTURES_PER_MINUTE", default=600)
UPLOAD_MEGAPIXELS_PER_MINUTE = env.int("BEATLENS_UPLOAD_MEGAPIXELS_PER_MINUTE", default=1500)
#: Most that one account may keep, bytes: pictures, thumbnails and originals, the trash included; 0: any number.
ACCOUNT_QUOTA_BYTES = env.int("BEATLENS_ACCOUNT_QUOTA_MIB", default=2048) * 1024 * 1024
#: Largest recording, bytes, and the most files of one.
RECORDING_MAX_BYTES = env.int("BEATLENS_RECORDING_MAX_MIB", default=2048) * 1024 * 1024
RECORDING_MAX_FILES = 200
#: Largest piece in which a script sends the files of a recording, bytes.
RECORDING_PIECE_BYTES = 8 * 1024 * 1024
#: How long a recording may take to arrive, hours; what has come of it by then is deleted.
RECORDING_RECEIVING_HOURS = 48
#: Room on the disk that is left for everything but pictures, bytes; never more than a twentieth of the disk.
DISK_RESERVE_BYTES = env.int("BEATLENS_DISK_RESERVE_MIB", default=64) * 1024 * 1024
#: Largest request body, bytes. Larger ones are answered 413 without being parsed. It bounds what a form sends at once
#: where no script sends its files one by one; no less than one zip file and the form around it.
REQUEST_MAX_BYTES = max(env.int("BEATLENS_REQUEST_MAX_MIB", default=161) * 1024 * 1024, ARCHIVE_MAX_BYTES + 1024 * 1024)

#: Whether a picture may be tried without an account. ``development`` and ``production`` say what is usual there.
TRIAL_ENABLED = env.bool("BEATLENS_TRIAL", default=False)
#: Pictures that are tried at the same time, for each process of the portal: fewer than are decoded at the same time.
TRIAL_AT_ONCE = 1
#: How many more may wait for their turn, each of them in a thread of the process, and for how long, seconds.
TRIAL_IN_LINE = 2
TRIAL_WAIT_SECONDS = 2.0
#: The pictures that come with Beatlens to be tried.
SAMPLES_DIR = BASE_DIR / "samples"

#: Where the help lies, ``users.md`` and its translations.
HELP_DIR = BASE_DIR / "docs"
#: Where the administrator's own words about privacy, terms and contact lie; none: ours.
TEXTS_DIR: Path | None = Path(folder) if (folder := env.str("BEATLENS_TEXTS_DIR", default="")) else None

#: Where a proxy in front serves the media folder to itself alone (nginx: ``internal``); it then sends the files that a
#: view allows. Empty: the portal sends them.
ACCEL_PREFIX = env.str("BEATLENS_ACCEL_PREFIX", default="")

FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # form fields; files don't count
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_MAX_PICTURES + 100  # so that the form says how many are too many

STORAGES = {
    "default": media_storage(env, str(VAR_DIR / "media")),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

#: Entries that a cache in memory or in the database keeps. Django's own number, 300, would forget what rate limits
#: have counted as soon as somebody makes it count many names.
CACHE_ENTRIES = 10_000

# --- The queue -----------------------------------------------------------------------------------------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "readings", "recordings"]}}
#: How long a claimed analysis belongs to its claimant, seconds; must exceed every deadline above.
ANALYSIS_LEASE_SECONDS = 20
#: Attempts that may end in an unexpected error or a lost worker before an analysis has failed.
ANALYSIS_MAX_FAILURES = 5
#: Back-off between attempts: the first wait and the longest one, seconds.
ANALYSIS_BACKOFF_FIRST = 2.0
ANALYSIS_BACKOFF_LONGEST = 60.0

#: How long a recording belongs to the worker that reads or analyses it, seconds; it says every few seconds that it
#: still does. A worker that was killed is missed after this time.
RECORDING_LEASE_SECONDS = env.float("BEATLENS_RECORDING_LEASE_SECONDS", default=30.0)
#: Deadline of the analysis of one recording, seconds.
RECORDING_ANALYSIS_TIMEOUT = env.float("BEATLENS_RECORDING_ANALYSIS_TIMEOUT", default=6 * 3600.0)

#: Where a worker answers probes and tells what it counted, ``host:port``; empty: nowhere. The portal's own address is
#: gunicorn's to open, see ``webportal.gunicorn_conf``.
WORKER_INTERNAL_LISTEN = env.str("BEATLENS_WORKER_INTERNAL_LISTEN", default="")

#: Whether reviewers see what the model says only once they have written down their own reading.
REVIEWERS_READ_BLIND = env.bool("BEATLENS_REVIEWERS_READ_BLIND", default=False)
#: How long a deleted analysis can be taken back, days.
TRASH_DAYS = env.int("BEATLENS_TRASH_DAYS", default=30)
#: How long the audit log remembers who looked at what belongs to others, days.
AUDIT_DAYS = env.int("BEATLENS_AUDIT_DAYS", default=365)

# --- Static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "webportal" / "static"]
STATIC_ROOT: Path | None = VAR_DIR / "static"

# --- Security ------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # blob: is the preview of a picture that has not been sent yet.
        "img-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "webportal.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Logs: what happened and the id of every error, never who ------------------------------------------------------

#: ``text`` for people, or ``json``: an object a line, as the inference server writes them. gunicorn's own lines are the
#: same, see ``webportal.gunicorn_conf``.
LOG_FORMAT = log_format(env.str("BEATLENS_LOG_FORMAT", default="text"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "inference_server.runtime.log.JsonFormatter"},
    },
    "filters": {"refusals": {"()": "webportal.logs.OneLineForRefusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "webportal": {"level": env.str("BEATLENS_LOG_LEVEL", default="INFO")},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Unexpected exceptions are logged once, with their id, by webportal.errors.
        "django.request": {"level": "CRITICAL"},
        # One line a task is too much; failures are logged by webportal.analyses with their id.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        # One line for each request that waits for a thread would make a busy hour busier.
        "waitress.queue": {"level": "ERROR"},
    },
}
