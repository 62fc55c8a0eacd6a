"""Django's settings, all from the environment; nothing here knows a module by name."""

from pathlib import Path

import environ

import contracts
import modules
from config import identity
from seamline import module
from seamline.configuration import keys, values
from seamline.configuration.policies import CallPolicy, DeliveryPolicy, SagaPolicy
from seamline.databases.config import Server, databases
from seamline.development.embedded_postgres import EmbeddedPostgres
from seamline.layout import Layout
from seamline.observability import logs

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

SERVICE_NAME = values.word(env, "SERVICE_NAME", identity.SERVICE_NAME)
DEVELOPMENT = env.str("ENVIRONMENT", "development") == "development"
_wanted = tuple(env.list("MODULES", default=[]))
LAYOUT = Layout(modules_package=modules.__name__)
ACTIVE_MODULES, EXTRACTED_MODULES = module.find(modules, _wanted), module.find_extracted(modules, _wanted)
if not DEVELOPMENT:
    keys.refuse_incomplete(env, ACTIVE_MODULES.values(), EXTRACTED_MODULES.values())
DEBUG = False
SECRET_KEY = keys.secret(env, "SECRET_KEY", DEVELOPMENT)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEVELOPMENT else [])

# Modules, and where the others live

MODULE_SETTINGS = {name: keys.module_settings(env, active, DEVELOPMENT) for name, active in ACTIVE_MODULES.items()}
MODULE_URLS = values.module_urls(env.ENVIRON, (*ACTIVE_MODULES, *EXTRACTED_MODULES), contracts)
_gateway = env.str("GATEWAY_URL", identity.GATEWAY_URL if DEVELOPMENT else "")
GATEWAY_URL = values.base_url("GATEWAY_URL", _gateway) if _gateway else None
KNOWN_SUBSCRIBERS = identity.SUBSCRIBERS
CALLS = CallPolicy(
    max_attempts=values.number(env, "CALL_MAX_ATTEMPTS", CallPolicy.max_attempts, 5),
    max_concurrent_calls=values.number(env, "CALL_MAX_CONCURRENT", CallPolicy.max_concurrent_calls, 1000),
    connect_timeout=values.seconds(env, "CALL_CONNECT_TIMEOUT", CallPolicy.connect_timeout),
    reset_timeout=values.seconds(env, "CALL_RESET_TIMEOUT", CallPolicy.reset_timeout),
)
AUDIT_RULES = "config.audits"
REQUEST_TIMEOUT = values.seconds(env, "REQUEST_TIMEOUT", 20.0)
MAX_REQUEST_BYTES = values.number(env, "MAX_REQUEST_BYTES", 64 * 1024 * 1024, 1024**4)
TRUSTED_PROXIES = values.networks(env, "TRUSTED_PROXIES")

# Databases: one per module

DATABASE_SERVER = Server(
    url=env.str("DATABASE_URL", "") or EmbeddedPostgres(BASE_DIR / "var" / "postgres").url,
    prefix=values.word(env, "DATABASE_PREFIX", SERVICE_NAME.replace("-", "_")),
    secret=SECRET_KEY,
)
_prepare = values.flag(env, "DATABASE_PREPARED_STATEMENTS", True)
DATABASES, PROVISIONED = databases(DATABASE_SERVER, ACTIVE_MODULES, env.ENVIRON, _prepare, LAYOUT)
DATABASE_ROUTERS = ["seamline.databases.router.ModuleRouter"]

# Tokens: users' are signed with a private key, services' with a shared secret

JWT_PRIVATE_KEY, JWT_PUBLIC_KEYS = keys.user_token_keys(env, DEVELOPMENT)
SERVICE_KEYS = keys.service_keys(env, DEVELOPMENT)

# Events, sagas and jobs: threads of the web process do this work, or Celery workers where there is a broker

DELIVERY = DeliveryPolicy(
    handler_timeout=values.seconds(env, "DELIVERY_HANDLER_TIMEOUT", DeliveryPolicy.handler_timeout),
    lease_seconds=values.seconds(env, "DELIVERY_LEASE_SECONDS", DeliveryPolicy.lease_seconds),
    max_failures=values.number(env, "DELIVERY_MAX_FAILURES", DeliveryPolicy.max_failures, 1000),
    threads_per_subscriber=values.number(env, "DELIVERY_THREADS", DeliveryPolicy.threads_per_subscriber, 32),
)
SAGAS = SagaPolicy()
CELERY_BROKER_URL = values.broker_url(env, "CELERY_BROKER_URL")
CELERY_MAX_BACKOFF = values.seconds(env, "CELERY_MAX_BACKOFF", 3.0)
CELERY_APP = "config.celery.app"

# Django

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "seamline.apps.RuntimeConfig",
    *dict.fromkeys(app for active in ACTIVE_MODULES.values() for app in active.apps),
    *map(LAYOUT.package_of, ACTIVE_MODULES),
]
MIDDLEWARE = [
    "seamline.http.middleware.RequestContext",
    "seamline.operations.health.Probes",
    "seamline.http.admission.Rejection",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "seamline.http.gateway.Gateway",
    "seamline.http.pages.Sessions",
    "django.middleware.common.CommonMiddleware",
    "seamline.http.pages.Forms",
    "seamline.http.pages.Logins",
    "seamline.http.pages.Messages",
    "seamline.http.pages.Frames",
    "seamline.http.module_middleware.ModuleMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    *dict.fromkeys(name for active in ACTIVE_MODULES.values() for name in active.authentication_backends),
]
# They look for Django's own classes by name; ours are made of them.
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W003"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "seamline.http.module_middleware.add_module_context",
            ]
        },
    }
]
_hasher = (
    "seamline.configuration.passwords.DevelopmentHasher"
    if DEVELOPMENT
    else "django.contrib.auth.hashers.ScryptPasswordHasher"
)
PASSWORD_HASHERS = [_hasher]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", "") or None
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = env.str("MEDIA_ROOT", "") or (BASE_DIR / "var" / "media" if DEVELOPMENT else "")
APPEND_SLASH = True
LOGGING = logs.configuration(
    values.choice(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    readable=values.flag(env, "LOG_READABLE", DEVELOPMENT),
)

# Gunicorn: only this machine is served unless somebody says otherwise, as a container does with HOST=0.0.0.0

HOST = env.str("HOST", "") or "127.0.0.1"
PORT = values.number(env, "PORT", identity.PORT, 65535)
WEB_WORKERS = values.number(env, "WEB_WORKERS", 1, 64)
WEB_THREADS = values.number(env, "WEB_THREADS", 4, 256)
WEB_CONNECTIONS = values.number(env, "WEB_CONNECTIONS", 1000, 100_000)
REQUEST_BUFFER_KIB = values.number(env, "REQUEST_BUFFER_KIB", 1024, 65_536)
REQUEST_BUFFERS_MIB = values.number(env, "REQUEST_BUFFERS_MIB", 64, 65_536)
KEEPALIVE_SECONDS = values.number(env, "KEEPALIVE_SECONDS", 75, 3600)
DRAIN_SECONDS = values.number(env, "DRAIN_SECONDS", 0 if DEVELOPMENT else 10, 600, least=0)
# The Prometheus client reads it from the environment by itself.
METRICS_FOLDER = values.folder(env, "PROMETHEUS_MULTIPROC_DIR")
GUNICORN_LOG_LEVEL = values.choice(
    env, "GUNICORN_LOG_LEVEL", "warning", ("debug", "info", "warning", "error", "critical")
)

# It has come this far only from one of TRUSTED_PROXIES.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
# Deployables that answer under one host have sessions of their own.
SESSION_COOKIE_NAME = f"{SERVICE_NAME}_sessionid"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# The HTTP API and its documentation

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "seamline.http.problems.from_exception",
    "DEFAULT_SCHEMA_CLASS": "seamline.http.schema.ModuleSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["seamline.http.access.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["seamline.http.access.DeclaredAccess"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": SERVICE_NAME.replace("-", " ").replace("_", " ").capitalize(),
    "DESCRIPTION": "Errors are problem details (RFC 9457) with a stable `code`. Lists go on by cursor. "
    "Where somebody has to be logged in, send their access token: `Authorization: Bearer <token>`.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": ["seamline.http.extracted.document", "seamline.http.schema.portable_patterns"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": True, "displayRequestDuration": True},
    "REDOC_DIST": "SIDECAR",
    "TAGS": [
        {"name": name, "description": (ACTIVE_MODULES.get(name) or EXTRACTED_MODULES[name]).summary}
        for name in sorted({*ACTIVE_MODULES, *EXTRACTED_MODULES})
    ],
}
