"""Settings of the portal: one file, driven by environment variables, with safe defaults.

Every variable is listed in README.md. Outside debug the portal refuses to start with a
default secret, with open hosts, or with SQLite behind several web workers.
"""

import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from suzhou_portal.lib.rows import crypto

BASE_DIR = Path(__file__).resolve().parent.parent


def env_flag(name: str, default: bool = False) -> bool:
    """True when the environment variable ``name`` is 1, true, yes or on."""
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


TESTING = "pytest" in sys.modules
DEBUG = env_flag("PORTAL_DEBUG")
DEMO = env_flag("PORTAL_DEMO")
HTTPS = env_flag("PORTAL_HTTPS")
# Local state of the embedded set-up (database, queue, uploads); ignored by git.
STATE_DIR = Path(os.environ.get("PORTAL_STATE_DIR", BASE_DIR / "var"))
STATE_DIR.mkdir(parents=True, exist_ok=True)

DEFAULT_SECRET = "insecure-only-for-debug-and-tests"  # noqa: S105 -- refused below outside debug
SECRET_KEY = os.environ.get("SECRET_KEY", DEFAULT_SECRET)
# Keys of what is encrypted in the database, and the cipher (lib.rows.crypto).
DEFAULT_DATA_KEYS = "debug:aW5zZWN1cmUtb25seS1mb3ItZGVidWctYW5kLXRlc3Q="
CIPHER = os.environ.get("PORTAL_CIPHER", "aes").strip().lower()
try:
    DATA_KEYS = crypto.parse_keys(os.environ.get("PORTAL_DATA_KEYS") or DEFAULT_DATA_KEYS)
except ValueError as error:
    raise ImproperlyConfigured(f"PORTAL_DATA_KEYS: {error}.") from error
if CIPHER not in crypto.CIPHERS:
    raise ImproperlyConfigured(f"PORTAL_CIPHER must be one of {', '.join(crypto.CIPHERS)}.")
ALLOWED_HOSTS = [h for h in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]
WEB_WORKERS = int(os.environ.get("WEB_CONCURRENCY", "1"))

INSTALLED_APPS = [
    "django.forms",  # its widget templates, so that templates/ can replace them
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "suzhou_portal.audit",
    "suzhou_portal.accounts",
    "suzhou_portal.rules",
    "suzhou_portal.files",
    "suzhou_portal.notices",
    "streets",
    "communities",
    "grids",
    "covenants",
    "suzhou_portal.dashboards",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "suzhou_portal.lib.api.compressing.CompressJSONMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "suzhou_portal.audit.middleware.AuditContextMiddleware",
    "suzhou_portal.accounts.middleware.LoginRequiredMiddleware",
    "suzhou_portal.accounts.middleware.PasswordChangeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "suzhou_portal.errors.BodyLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "suzhou_portal.lib.registers.drafts.KeptDraftsMiddleware",
]

ROOT_URLCONF = "suzhou_portal.urls"
WSGI_APPLICATION = "suzhou_portal.wsgi.application"

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
                "suzhou_portal.navigation.portal",
            ],
            "builtins": ["suzhou_portal.templatetags.portal"],
            "libraries": {
                "portal": "suzhou_portal.templatetags.portal",
                "patrols": "grids.findings.tags",
                "figures": "suzhou_portal.dashboards.figures.tags",
            },
        },
    },
]

# --- Data -----------------------------------------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{STATE_DIR / 'portal.sqlite3'}")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if not SQLITE:
    # Rows that lists name are found by their keys: with the cost of spinning disks (4.0) PostgreSQL reads whole tables
    # instead, a third of the cost of such a list. Compiling plans costs more than the longest of ours.
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options["options"] = f"{_options.get('options', '')} -c random_page_cost=1.1 -c jit=off".strip()
else:
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing at the first write inside a transaction.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "portal"}}
REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL:
    CACHES["default"] = {"BACKEND": "suzhou_portal.lib.rows.caching.RedisCache", "LOCATION": REDIS_URL}

# --- Accounts -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "suzhou_portal.accounts.backends.NameOrPhoneBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "phone")},
    },
    {"NAME": "suzhou_portal.accounts.validators.MinimumLength", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "suzhou_portal.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# How many proxies stand before the portal and append to X-Forwarded-For; 0: the header is not believed.
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))
AXES_CLIENT_IP_CALLABLE = "suzhou_portal.accounts.throttling.client_address"
# Trying again while locked neither prolongs the lock nor is stored.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Failures are counted per account, whether it was named by its name or its phone number.
AXES_USERNAME_CALLABLE = "suzhou_portal.accounts.throttling.account_name"
# Who signed in and when stands in the audit trail.
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "suzhou_portal.accounts.throttling.locked_out"
API_TOKEN_DAYS = int(os.environ.get("API_TOKEN_DAYS", "30"))

# --- Web ------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("PORTAL_STATIC_ROOT", STATE_DIR / "static"))
# Attachments. They have no address of their own: suzhou_portal.files serves them, in scope.
MEDIA_ROOT = Path(os.environ.get("PORTAL_FILES_ROOT", STATE_DIR / "files"))
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "suzhou_portal.static_names.KeptStaticStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are megabytes that no user asks for: they stay, uncompressed (compressing takes half a minute).
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FORM_RENDERER = "suzhou_portal.lib.registers.widgets.PortalFormRenderer"
BODY_LIMIT = 8 * 1024 * 1024  # bytes of a request; the largest files that registers import have 5 MB
UPLOAD_BODY_LIMIT = 64 * 1024 * 1024  # bytes of a request that carries photos and documents
FILE_HARD_LIMIT = 20 * 1024 * 1024  # bytes of one file, whatever the parameters say: beyond it nothing is kept
FILE_UPLOAD_HANDLERS = [
    "suzhou_portal.lib.registers.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31536000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "suzhou_portal.accounts.authentication.BearerTokenAuthentication",
        "suzhou_portal.accounts.authentication.PortalSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["suzhou_portal.accounts.authentication.SignedIn"],
    # From lib.api.wire and lib.api.paging: lib.api.answers itself needs the framework's views, which need these.
    "DEFAULT_RENDERER_CLASSES": ["suzhou_portal.lib.api.wire.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["suzhou_portal.lib.api.wire.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "suzhou_portal.lib.api.wire.JSONNegotiation",
    "DEFAULT_SCHEMA_CLASS": "suzhou_portal.lib.api.schema.PortalAutoSchema",
    "DEFAULT_PAGINATION_CLASS": "suzhou_portal.lib.api.paging.KeysetPagination",
    "EXCEPTION_HANDLER": "suzhou_portal.lib.api.problems.problem_details",
    "DEFAULT_THROTTLE_RATES": {"tokens": "20/min"},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "肃州区党建引领基层治理平台 API",
    "DESCRIPTION": "街道、社区、网格、共建四类业务的程序接口。地点一律用编码表示；错误按 RFC 9457 返回。",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],  # choices stand where they are used, without names that could collide
}

# --- Jobs -----------------------------------------------------------------------------

CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
else:
    # Embedded default: the same Celery, with its queue in a folder instead of Redis.
    QUEUE_DIR = STATE_DIR / "queue"
    for _name in ("messages", "control"):
        (QUEUE_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "folder://localhost/"
    # One worker that nobody asks questions: its control mailbox would only pile up files.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
    }
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")
# A job that waited longer than its turn is dropped: a worker that was away finds no backlog.
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "notices.heartbeat", "schedule": 20.0, "options": {"expires": 60}},
    "deliver-outbox": {"task": "notices.deliver_outbox", "schedule": 10.0, "options": {"expires": 60}},
    "sweep": {"task": "notices.sweep", "schedule": 60.0, "options": {"expires": 120}},
    "sweep-covenants": {"task": "covenants.sweep", "schedule": 600.0, "options": {"expires": 600}},
    "erase-covenant-files": {"task": "covenants.erase_files", "schedule": crontab(hour=2, minute=50)},
    "reclock-issues": {"task": "grids.reclock", "schedule": 60.0, "options": {"expires": 120}},
    "watch-calendar": {"task": "grids.watch_calendar", "schedule": crontab(hour=7, minute=40)},
    "send-deliveries": {"task": "notices.send_deliveries", "schedule": 10.0, "options": {"expires": 60}},
    "send-digest": {"task": "notices.send_digest", "schedule": 300.0, "options": {"expires": 300}},
    "forget-old-notices": {"task": "notices.forget_old", "schedule": crontab(hour=3, minute=40)},
    "compact-tallies": {"task": "grids.compact_tallies", "schedule": 60.0, "options": {"expires": 300}},
    "clear-files": {"task": "files.clear", "schedule": 60.0, "options": {"expires": 120}},
    "check-files": {"task": "files.check", "schedule": crontab(hour=2, minute=40)},
    "erase-contacts": {"task": "grids.erase_contacts", "schedule": crontab(hour=2, minute=40)},
    "erase-patrol-photos": {"task": "grids.erase_patrol_photos", "schedule": crontab(hour=2, minute=45)},
    "remind-of-patrols": {"task": "grids.remind_of_patrols", "schedule": crontab(hour=8, minute=10)},
    "rotate-data-keys": {"task": "accounts.rotate_data_keys", "schedule": crontab(hour=3, minute=40)},
    "forget-idempotent-requests": {
        "task": "accounts.forget_idempotent_requests",
        "schedule": crontab(hour=3, minute=20),
    },
}

# --- Notices outside the portal ---------------------------------------------------------

# Where users open the portal, e.g. https://portal.example.gov.cn: for links in what is sent outside.
PORTAL_URL = os.environ.get("PORTAL_URL", "").rstrip("/")
READY_CHANNELS = {
    "webhook": "suzhou_portal.notices.channels.webhook.WebhookChannel",
    "email": "suzhou_portal.notices.channels.mail.MailChannel",
}
# Name → dotted path of a notices.channels.Channel. E.g. "webhook,email", or "name=district.module.Class".
PORTAL_NOTICE_CHANNELS = {
    name: path or READY_CHANNELS.get(name, "")
    for name, _, path in (
        part.strip().partition("=") for part in os.environ.get("PORTAL_NOTICE_CHANNELS", "").split(",")
    )
    if name
}
PORTAL_NOTICE_WEBHOOK_URL = os.environ.get("PORTAL_NOTICE_WEBHOOK_URL", "")
PORTAL_NOTICE_WEBHOOK_SECRET = os.environ.get("PORTAL_NOTICE_WEBHOOK_SECRET", "")
PORTAL_NOTICE_WEBHOOK_LABEL = os.environ.get("PORTAL_NOTICE_WEBHOOK_LABEL") or "企业微信或短信"
# smtp://user:password@host:587/?tls=1 or smtps://user:password@host:465/
_mail = urlsplit(os.environ.get("EMAIL_URL") or "smtp://localhost:25/")
EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp" and _mail.query == "tls=1"
EMAIL_TIMEOUT = 8
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or "portal@localhost"

# --- Portal ---------------------------------------------------------------------------

DISTRICT_CODE = "620902"
DISTRICT_NAME = "肃州区"
PORTAL_NAME = "肃州区党建引领基层治理平台"
ISSUE_NUMBER_PREFIX = "SZ"
# A folder with the district's own .docx templates (see README, "Documents"); None: the standard ones.
DOCUMENT_TEMPLATES = Path(os.environ["PORTAL_DOCUMENTS"]) if os.environ.get("PORTAL_DOCUMENTS") else None
# What looks at every uploaded file before it is kept (suzhou_portal.files.scanning); "" for nothing.
VIRUS_SCANNER = os.environ.get("PORTAL_VIRUS_SCANNER", "")
CLAMD = os.environ.get("PORTAL_CLAMD", "tcp://127.0.0.1:3310")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {"axes": {"level": "ERROR"}},
}

if not (DEBUG or TESTING):
    if SECRET_KEY == DEFAULT_SECRET or len(SECRET_KEY) < 32:
        raise ImproperlyConfigured("SECRET_KEY must be set to a random text of 32 characters or more.")
    if "debug" in DATA_KEYS:
        raise ImproperlyConfigured("PORTAL_DATA_KEYS must list a random key of its own (README.md).")
    if "*" in ALLOWED_HOSTS or not ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that the portal answers to.")
    if SQLITE and WEB_WORKERS > 1:
        raise ImproperlyConfigured("SQLite serves one web worker only: set DATABASE_URL to PostgreSQL.")
