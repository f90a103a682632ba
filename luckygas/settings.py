"""Settings, read from the environment (``luckygas.environment`` says how); nothing here knows a machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from luckygas.core import secrets
from luckygas.core.logs import configure_structlog, logging_config
from luckygas.environment import LOOPBACK, Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ, beyond=secrets.beyond)
secrets.use(env)

DEBUG = env.flag("LUCKYGAS_DEBUG")
SECRET_KEY = env.secret("SECRET_KEY")
ALLOWED_HOSTS = env.words("LUCKYGAS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("LUCKYGAS_CSRF_TRUSTED_ORIGINS")
# Behind TLS (every installation but a loopback one) cookies are secure and HSTS is on.
TLS = env.flag("LUCKYGAS_TLS")
# A database row shifts business time for demo and tests: refused where strangers can reach it.
SIMULATION = env.flag("LUCKYGAS_SIMULATION")
if SIMULATION and not set(ALLOWED_HOSTS) <= LOOPBACK | {"testserver"}:
    raise ImproperlyConfigured(
        "LUCKYGAS_SIMULATION=1 is for demo and tests on loopback only; "
        f"LUCKYGAS_ALLOWED_HOSTS is {','.join(ALLOWED_HOSTS)}"
    )

# A folder in which kill tests meet the house (luckygas.core.windows).
WINDOWS = env.text("LUCKYGAS_WINDOWS", "") if SIMULATION else ""

INSTALLED_APPS = [
    "luckygas.core",
    "customers",
    "orders",
    "dispatch",
    "billing",
    "pilot",
    "luckygas",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "axes",
    "pgtrigger",
    "pghistory",
    "django_prometheus",
    "django_structlog",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "luckygas.core.middleware.AdminCsp",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "luckygas.core.middleware.History",
    "django.contrib.messages.middleware.MessageMiddleware",
    "luckygas.core.middleware.IdleTimeout",
    "luckygas.core.sizes.BodyBound",
    "customers.privacy.Reader",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "luckygas.core.middleware.BusyRow",
    "luckygas.core.middleware.ZeroByte",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
if WINDOWS:
    MIDDLEWARE.insert(0, "luckygas.core.windows.Requests")
ROOT_URLCONF = "luckygas.urls"
WSGI_APPLICATION = "luckygas.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# -- Data ------------------------------------------------------------------------------------------------
# DATABASE_URL is the application's role, which has no right to edit a ledger. The owner of the tables is another one:
# manage.py takes it for the commands that change tables (LUCKYGAS_AS_OWNER).
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", "")
DATABASES = {"default": env.database("DATABASE_URL")}
APPLICATION_ROLE = str(DATABASES["default"]["USER"])
if DATABASE_OWNER_URL and env.flag("LUCKYGAS_AS_OWNER"):
    DATABASES["default"] = env.database("DATABASE_OWNER_URL")
DATABASES["default"] |= {
    "ENGINE": "django_prometheus.db.backends.postgresql",
    "CONN_MAX_AGE": env.number("LUCKYGAS_CONN_MAX_AGE", 60, high=3600),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": True,
    "OPTIONS": {
        **cast("dict[str, object]", DATABASES["default"].get("OPTIONS", {})),  # what the URL itself asks for
        "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=300s -c timezone=UTC",
        "application_name": "luckygas",
    },
    "TEST": {"TEMPLATE": "template0", "CHARSET": "UTF8"},
}
REDIS_URL = env.redis("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "luckygas.core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "luckygas",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_DIR = Path(env.text("LUCKYGAS_DATA_DIR", str(BASE_DIR / ".local" / "data")))
MEDIA_ROOT = DATA_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

# -- People ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "luckygas.core.roles.RolesBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "landing"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "luckygas.core.addresses.client"
# How many proxies of ours a request passes; each tells in X-Forwarded-For by whom it was asked.
PROXY_COUNT = env.number("LUCKYGAS_PROXY_COUNT", 0, high=5)
STAFF_IDLE_SECONDS = env.number("LUCKYGAS_STAFF_IDLE_SECONDS", 30 * 60, low=60)
DRIVER_IDLE_SECONDS = 14 * 3600
SESSION_COOKIE_AGE = 14 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Where open pages hear what changed (luckygas.live), as browsers see it; without it they poll.
LIVE_URL = env.socket("LUCKYGAS_LIVE_URL")
# Whose pages may listen there: origins with scheme and port, or bare host names.
LIVE_ORIGINS = env.words("LUCKYGAS_LIVE_ORIGINS") or CSRF_TRUSTED_ORIGINS or ALLOWED_HOSTS
# A line whose session ended meanwhile is closed within this time.
LIVE_RECHECK_SECONDS = env.number("LUCKYGAS_LIVE_RECHECK_SECONDS", 60, low=1, high=600)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": [SELF, NONCE],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", LIVE_URL] if LIVE_URL else ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# -- Language and time ------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "packages"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Taipei"
FORMAT_MODULE_PATH = ["luckygas.formats"]
USE_THOUSAND_SEPARATOR = True

# -- Static files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# An image carries its static files; elsewhere collectstatic writes them among the data.
STATIC_ROOT = Path(env.text("LUCKYGAS_STATIC_DIR", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if env.flag("LUCKYGAS_PLAIN_STATIC"):  # tests and development: no collectstatic first
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True

# -- Background (engineering: late acknowledgement, rows rather than long delays) --------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_DEFAULT_QUEUE = "critical"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1200,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "health_check_interval": 20,
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
}
CELERY_TIMEZONE = TIME_ZONE
# Nudges are best effort: the sweep finds what a nudge missed, so publishing never waits for a dead broker.
CELERY_TASK_PUBLISH_RETRY = False

# -- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["luckygas.core.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["luckygas.core.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "luckygas.core.api.pagination.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["luckygas.core.api.throttling.PerToken"],
    "DEFAULT_THROTTLE_RATES": {"token": env.text("LUCKYGAS_API_RATE", "600/min")},
    "EXCEPTION_HANDLER": "luckygas.core.api.problems.handle",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lucky Gas API",
    "DESCRIPTION": "Customers and orders of Lucky Gas, bottled LPG in Taitung.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# -- The outside world ------------------------------------------------------------------------------------
# No breaker stays open longer. Simulated days are short: a party that was away is tried again while they last.
BREAKER_MOST_SECONDS = env.number("LUCKYGAS_BREAKER_MOST_SECONDS", 5 if SIMULATION else 3600, low=1)
# Where the stand-ins run: simulated days tell them what customers do.
SANDBOX_DIR = env.text("LUCKYGAS_SANDBOX_DIR", "") if SIMULATION else ""
TURNKEY_DIR = Path(env.text("LUCKYGAS_TURNKEY_DIR", str(DATA_DIR / "turnkey")))
SELLER_UBN = env.text("LUCKYGAS_SELLER_UBN", "")
SELLER_NAME = env.text("LUCKYGAS_SELLER_NAME", "幸福氣瓦斯行")
SELLER_ADDRESS = env.text("LUCKYGAS_SELLER_ADDRESS", "")
# What customers are asked to call; on the page where they follow a delivery.
SELLER_PHONE = env.text("LUCKYGAS_SELLER_PHONE", "")
# Patience for one answer of the old system (its address is the secret LUCKYGAS_LEGACY_URL; without it, it is off).
LEGACY_SECONDS = env.number("LUCKYGAS_LEGACY_SECONDS", 10, low=1, high=50)
# Without an account and a sender no text message is made. Receipts come to PUBLIC_URL, the address as the world sees it.
TWILIO_URL = env.text("LUCKYGAS_TWILIO_URL", "https://api.twilio.com").rstrip("/")
TWILIO_ACCOUNT = env.text("LUCKYGAS_TWILIO_ACCOUNT", "")
TWILIO_FROM = env.text("LUCKYGAS_TWILIO_FROM", "")
PUBLIC_URL = env.text("LUCKYGAS_PUBLIC_URL", "").rstrip("/")
SMS_COST_PER_PART = env.decimal("LUCKYGAS_SMS_COST_PER_PART", "0.6")
PLAN_SECONDS = env.number("LUCKYGAS_PLAN_SECONDS", 30, low=1, high=600)

# -- Monitoring and logs ----------------------------------------------------------------------------------
PROMETHEUS_EXPORT_MIGRATIONS = False
PROMETHEUS_METRIC_NAMESPACE = "luckygas"
LOGGING = logging_config(
    level=env.choice("LUCKYGAS_LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})
)
configure_structlog()
DJANGO_STRUCTLOG_CELERY_ENABLED = True
SILENCED_SYSTEM_CHECKS: list[str] = []

from luckygas.navigation import UNFOLD  # noqa: E402, F401  (uses the language settings above)
