"""Django settings. Environment variables configure a deployment, and their defaults are strict.

docs/settings.md documents each variable.
"""

import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from claimsapi.core.files import create_file

BASE_DIR = Path(__file__).resolve().parent.parent


def _env_flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: use 1 or 0.")


def _env_number(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name}={value!r}: use a whole number.")
    return int(value)


def _env_list(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def _load_secret_key(path: Path) -> str:
    """Read the secret key of a local installation, and create it on the first run with DEBUG."""
    if DEBUG and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may start at once: the first one creates the file, the others read it.
        with suppress(FileExistsError), create_file(path, mode=0o600) as file:
            file.write(secrets.token_urlsafe(48))
    if not path.exists():
        raise ImproperlyConfigured(
            "Set SECRET_KEY to a long random string, or use 'make run' on a laptop."
        )
    return path.read_text()


DEBUG = _env_flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "") or _load_secret_key(BASE_DIR / "var" / "secret_key")

ALLOWED_HOSTS = _env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if DEBUG else "")
CSRF_TRUSTED_ORIGINS = _env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "knox",  # before core, which unregisters the admin page of Knox
    "django_tasks",
    "django_tasks_db",  # before claims, for the same reason
    "claimsapi.core",
    "sources",
    "claims",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "claimsapi.core.i18n.middleware.DeskLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "claimsapi.core.ledger.middleware.LedgerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "claimsapi.urls"
WSGI_APPLICATION = "claimsapi.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- data -----------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{BASE_DIR / 'var' / 'claims.sqlite3'}"
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE and the timeout: eight writers ran for ten seconds without "database is locked".
    # synchronous=FULL: with NORMAL, WAL can lose an acknowledged commit in a power failure.
    # recursive_triggers: without it, INSERT OR REPLACE deletes rows without the DELETE guards.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
        ),
    }
    # A new connection needs 15 ms: it parses the schema with all triggers first.
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    if "/" in str(DATABASES["default"]["NAME"]):
        Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    if pool_size := _env_number("DB_POOL", 4):
        pool = {"min_size": 1, "max_size": pool_size}
        DATABASES["default"].setdefault("OPTIONS", {})["pool"] = pool
    # A pooler in transaction mode (PgBouncer) breaks server-side cursors and prepared statements.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = _env_flag("DB_TRANSACTION_POOLER")
    if not _env_flag("DB_TRANSACTION_POOLER"):
        # Prepared statements look rows up by key. A generic plan is always right for them, and
        # PostgreSQL makes it only once.
        plans = "-c plan_cache_mode=force_generic_plan"
        DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", plans)
        # Allow prepared statements, which Django turns off. Its own cursors never prepare.
        DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)
DATABASE_ROUTERS = ["claimsapi.core.database.views.DerivedDataRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
SEEDS_DIR = BASE_DIR / "seeds"
INGEST_MAX_BYTES = _env_number("INGEST_MAX_BYTES", 5 * 1024 * 1024)
# Limit of request bodies. They are JSON records without files; the longest texts need far less.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Only forms of the desk send files. The request imports the file, and the sender waits for it.
UPLOAD_MAX_BYTES = _env_number("UPLOAD_MAX_BYTES", 5 * 1024 * 1024)
FILE_UPLOAD_HANDLERS = ["claimsapi.core.uploads.LimitedUploadHandler"]

# Days after publication before the desk asks for a new look at a review with a changed source.
DESK_REVISIT_DAYS = _env_number("DESK_REVISIT_DAYS", 30)

# --- background tasks -----------------------------------------------------------------------------
# The database holds the task queue, and 'manage.py run_worker' runs the tasks.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# Allow webhooks without TLS and to private networks. For development only.
WEBHOOKS_ALLOW_PRIVATE = _env_flag("WEBHOOKS_ALLOW_PRIVATE")

# --- the ledger -----------------------------------------------------------------------------------
# Name of the ledger, the first line of each checkpoint: a URL of this desk without its scheme.
LEDGER_ORIGIN = os.environ.get("LEDGER_ORIGIN") or "localhost/ledger"
LEDGER_KEY = Path(os.environ.get("LEDGER_KEY") or BASE_DIR / "var" / "ledger_key.pem")

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "core.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
REST_KNOX = {"TOKEN_TTL": timedelta(hours=10), "AUTO_REFRESH": False}

# --- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en"  # language of the API and of messages in the source code
LANGUAGES = [("en", "English"), ("de", "German")]
LOCALE_PATHS = [BASE_DIR / "claimsapi" / "locale"]
LANGUAGE_COOKIE_PATH = "/desk/"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_USE_FINDERS = DEBUG

# Base of all public URLs, such as those in exports, feeds and webhooks.
SITE_URL = os.environ.get("SITE_URL", "").rstrip("/") or (
    "http://localhost:8000"
    if DEBUG or not ALLOWED_HOSTS
    else f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
)

# Sites of this desk. ``/v1alpha1/pages`` writes their pages of ClaimReview markup.
FACTCHECK_SITES = [
    site.lower().removeprefix("www.")
    for site in _env_list("FACTCHECK_SITES", urlsplit(SITE_URL).hostname or "")
]
# Require an API key for the search of the Fact Check Tools API.
FACTCHECK_KEYS_REQUIRED = _env_flag("FACTCHECK_KEYS_REQUIRED")

# --- transport ------------------------------------------------------------------------------------
_HTTPS = _env_flag("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]  # load balancers send health checks without TLS
SECURE_HSTS_SECONDS = _env_number("HSTS_SECONDS", 3600) if _HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if _env_flag("BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Pages load files of this host only. Without inline scripts and styles, injected text cannot run.
# The API sends the same policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- the API --------------------------------------------------------------------------------------
# Seconds for which a shared cache may answer without revalidation. A retraction can stay
# invisible for that long. Browsers revalidate each time.
_SHARED_MAX_AGE = _env_number("API_SHARED_MAX_AGE", 0)
API_CACHE_CONTROL = (
    f"public, max-age=0, must-revalidate, s-maxage={_SHARED_MAX_AGE}"
    if _SHARED_MAX_AGE
    else "public, no-cache"
)
# A separate cache for conditional requests: requests for many URLs cannot evict the throttling
# counters of logins from the default cache.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "not_modified": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "not_modified",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "claimsapi.core.api.authentication.StrictTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["claimsapi.core.api.permissions.ModelPermissions"],
    "DEFAULT_PARSER_CLASSES": ["claimsapi.core.api.json_media.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["claimsapi.core.api.json_media.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "claimsapi.core.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["claimsapi.core.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "claimsapi.core.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "claimsapi.core.api.problems.problem_response",
    "DEFAULT_THROTTLE_RATES": {"login": "10/min"},
    # None would trust X-Forwarded-For from any client; 0 uses the address of the connection.
    "NUM_PROXIES": _env_number("NUM_PROXIES", 0),
    "URL_FORMAT_OVERRIDE": None,  # clients choose the format with the Accept header
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Claims API",
    "VERSION": "1",
    "DESCRIPTION": (
        "The claims, statements, evidence and published verdicts of a fact-checking desk. "
        "Anyone can read public records. A session or token grants the permissions of its role."
    ),
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "claimsapi.core.api.examples.add_examples",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none"},
    "ENUM_NAME_OVERRIDES": {
        name: f"{module}.choices.{name}"
        for module, names in {
            "sources": ("SpeakerKind", "DocumentKind"),
            "claims": (
                "ClaimKind",
                "ClaimStatus",
                "CorrectionKind",
                "RelationKind",
                "RelationState",
                "ReviewOrigin",
                "Verdict",
                "VersionState",
            ),
        }.items()
        for name in names
    },
}
