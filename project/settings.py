"""The one place that reads the environment. `.env.example` lists every variable."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from project.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "data")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key from the environment, else one made once and kept in the data directory."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text()


def _number(name: str, default: float) -> float:
    """A number from the environment; anything else ends the start with one clear line."""
    value = os.environ.get(name, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise SystemExit(f"{name} must be a number, not {value!r}.") from None


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("DEBUG") == "1"
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(_number("PORT", 8000))
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "project",
    "writing",
    "agents",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "project.content_policy.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "project.logs.RequestLog",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "writing.middleware.SignInMiddleware",
    "writing.middleware.LeavingMiddleware",
    "writing.middleware.SecondFactorMiddleware",
    "writing.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "writing.middleware.ErrorMiddleware",
]
# No script and no style but our own files, and nobody shows our pages inside theirs. Exceptions:
# project/content_policy.py for the administration, writing/actions/export.py for exported files.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],  # the socket as well: same host, same port
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Sent over https alone. Django's own defaults are what we want of nosniff, Referrer-Policy and
# Cross-Origin-Opener-Policy.
SECURE_HSTS_SECONDS = 365 * 24 * 3600
# Only where an address with https is named is there a proxy whose word to take for it.
if any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
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
                "writing.context.notifications",
            ],
        },
    },
]

if "DATABASE_URL" in os.environ:
    _database = dj_database_url.config(conn_max_age=0)
else:
    _name = str(DATA_DIR / "scriptorium.sqlite3")
    _database = {"ENGINE": "django.db.backends.sqlite3", "NAME": _name}
match _database["ENGINE"]:
    case "django.db.backends.postgresql":
        _database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 24}}
    case "django.db.backends.sqlite3":
        # IMMEDIATE: a deferred transaction that reads before it writes fails with "database is
        # locked". synchronous=FULL: what a person was told is saved survives a power cut.
        _database |= {
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
                "PRAGMA mmap_size=134217728;PRAGMA cache_size=2000;"
                "PRAGMA wal_autocheckpoint=4000;",
            },
        }
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _redis_socket() -> Path:
    """In the data directory; the path of a socket ends at 104 bytes, so a long one gets another."""
    path = DATA_DIR / "redis.sock"
    if len(os.fsencode(path)) < 100:
        return path
    name = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"scriptorium-{os.getuid()}-{name}" / "redis.sock"


REDIS_SOCKET = _redis_socket()
REDIS_URL = os.environ.get("REDIS_URL") or f"unix://{REDIS_SOCKET}"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
}
# kombu names the socket transport of Redis differently.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    # Always from the first of a worker's queues that has something: interactive before batch.
    "queue_order_strategy": "priority",
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "writing.views.errors.stale_form"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "writing.accounts.LoginForm",
    "signup": "writing.accounts.SignupForm",
    "change_password": "writing.accounts.ChangePasswordForm",
    "set_password": "writing.accounts.SetPasswordForm",
    "reset_password": "writing.accounts.ResetPasswordForm",
    "reset_password_from_key": "writing.accounts.ResetPasswordKeyForm",
}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "writing.accounts.AccountAdapter"
MFA_ADAPTER = "writing.second_factor.Adapter"
MFA_FORMS = {
    "authenticate": "writing.second_factor.AuthenticateForm",
    "reauthenticate": "writing.second_factor.ReauthenticateForm",
    "activate_totp": "writing.second_factor.ActivateTOTPForm",
    "add_webauthn": "writing.second_factor.AddPasskeyForm",
    "edit_webauthn": "writing.second_factor.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Addresses are not verified here; an administrator can remove a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Scriptorium"
# The clock of a telephone may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Administrators get nowhere before they have set up a second step for signing in.
REQUIRE_MFA_FOR_STAFF = os.environ.get("REQUIRE_MFA_FOR_STAFF") == "1"
# Where a mail server is named, mail goes there; else it is printed into a log.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND") or (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
EMAIL_PORT = int(_number("EMAIL_PORT", 587))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "1") == "1" and not EMAIL_USE_SSL
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Scriptorium <scriptorium@localhost>")
# What links in mails begin with.
SITE_URL = os.environ.get("SITE_URL") or next(iter(CSRF_TRUSTED_ORIGINS), f"http://{HOST}:{PORT}")

# Numbers for Prometheus: each process has files there. prometheus_client, imported later, asks the
# environment for the place.
METRICS_DIR = DATA_DIR / "metrics"
METRICS_DIR.mkdir(exist_ok=True)
os.environ.update(PROMETHEUS_MULTIPROC_DIR=str(METRICS_DIR))
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
LOGGING = logging_config(as_json=os.environ.get("LOG_FORMAT") == "json")
# How many requests a minute the programs of one person may make together.
API_REQUESTS_PER_MINUTE = int(_number("API_REQUESTS_PER_MINUTE", 600))

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "third_party"]
FORMAT_MODULE_PATH = ["project.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

FILE_UPLOAD_HANDLERS = [
    "writing.uploads.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Only what esbuild built; the sources are nobody else's business.
STATICFILES_DIRS = [("dist", BASE_DIR / "static" / "dist")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# A step's lease: a worker that does not renew it within this time has lost the step.
LEASE_SECONDS = _number("LEASE_SECONDS", 20)
# The first pause after a failure that may pass; each further one is twice as long.
RETRY_SECONDS = _number("RETRY_SECONDS", 1)
# How long a step is tried again, from its first failure in a row on.
STEP_SECONDS = _number("STEP_SECONDS", 900)
# How long a provider that keeps failing is left alone before one step tries it for all.
CIRCUIT_SECONDS = _number("CIRCUIT_SECONDS", 10)
# How long a model may be silent, and how long its whole answer may take.
SILENCE_SECONDS = _number("SILENCE_SECONDS", 120)
ANSWER_SECONDS = _number("ANSWER_SECONDS", 1800)
# How many documents one batch may have at most.
BATCH_DOCUMENTS = int(_number("BATCH_DOCUMENTS", 5000))
# Webhooks reach public addresses alone, unless the site's own network is meant as well.
WEBHOOK_PRIVATE = os.environ.get("WEBHOOK_PRIVATE") == "1"
# With less room than this for the data directory, health says so.
FREE_DISK_MB = _number("FREE_DISK_MB", 500)
# What the prices of models are entered in: a code of ISO 4217.
CURRENCY = os.environ.get("CURRENCY") or "USD"
# The provider that the openai package's own variables name, if they are set.
OPENAI_BASE_URL = os.environ.get("OPENAI_BASE_URL")
OPENAI_API_KEY = os.environ.get("OPENAI_API_KEY")
OPENAI_MODEL = os.environ.get("OPENAI_MODEL")
# Whether providers may be on this machine and in private networks: a model server beside us is one.
PRIVATE_PROVIDERS = os.environ.get("PRIVATE_PROVIDERS", "1") == "1"
# The bundled model: its weights may be replaced by any GGUF file.
LOCAL_MODEL = os.environ.get("LOCAL_MODEL")
LOCAL_MODEL_PORT = int(_number("LOCAL_MODEL_PORT", PORT + 1))
# Which fetched weights it runs with, if any: written by `agents`, followed by the supervisor.
LOCAL_MODEL_CHOICE = DATA_DIR / "model" / "chosen.json"
# The hub that open models are fetched from.
HF_ENDPOINT = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _link(title: object, icon: str, view: str) -> dict[str, object]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{view}_changelist")}


# The administration's dress: the accent of the rest, and a sidebar in the order of setting up.
UNFOLD = {
    "SITE_TITLE": "Scriptorium",
    "SITE_HEADER": "Scriptorium",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "ink_pen",
    "SITE_URL": "/",
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("dist/admin.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .012 250)",
            "100": "oklch(94.5% .024 250)",
            "200": "oklch(89% .048 250)",
            "300": "oklch(82% .085 250)",
            "400": "oklch(72% .11 250)",
            "500": "oklch(58% .12 250)",
            "600": "oklch(46% .105 250)",
            "700": "oklch(40% .095 250)",
            "800": "oklch(34% .08 250)",
            "900": "oklch(29% .065 250)",
            "950": "oklch(21% .045 250)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Who writes"),
                "items": [
                    _link(_("Providers"), "dns", "agents_provider"),
                    _link(_("Models"), "memory", "agents_model"),
                    _link(_("Local models"), "download", "agents_localmodel"),
                    _link(_("Roles"), "theater_comedy", "agents_role"),
                    _link(_("Workflows"), "account_tree", "agents_workflow"),
                ],
            },
            {
                "title": _("What it may cost"),
                "items": [
                    _link(_("Limits"), "savings", "agents_limits"),
                    _link(_("Limits of persons"), "person_alert", "agents_personlimit"),
                    _link(_("Use"), "payments", "agents_budget"),
                ],
            },
            {
                "title": _("What happened"),
                "items": [
                    _link(_("Health"), "monitor_heart", "writing_heartbeat"),
                    {
                        "title": _("Usage"),
                        "icon": "bar_chart",
                        "link": format_lazy("{}?scope=all", reverse_lazy("agents:usage")),
                    },
                    _link(_("Runs"), "timeline", "agents_run"),
                    _link(_("Batches"), "stacks", "agents_batch"),
                    _link(_("Audit log"), "fact_check", "writing_auditentry"),
                ],
            },
            {
                "title": _("People"),
                "items": [
                    _link(_("Users"), "person", "auth_user"),
                    _link(_("Groups"), "group", "auth_group"),
                    _link(_("Accounts"), "how_to_reg", "writing_accountpolicy"),
                ],
            },
        ],
    },
}
