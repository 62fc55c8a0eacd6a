"""Django's own settings of a system that consists of modules: apps, middleware, pages, the HTTP API, gunicorn."""

from pathlib import Path
from typing import Any

import environ

from seamline.configuration import values
from seamline.observability import logs
from seamline.setting_errors import invalid_setting

APPS = (
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
    "corsheaders",
    "seamline.apps.RuntimeConfig",
)
MIDDLEWARE = (
    "seamline.http.middleware.RequestContext",
    "seamline.operations.health.Probes",
    "corsheaders.middleware.CorsMiddleware",
    "seamline.http.admission.Rejection",
    "seamline.http.security_headers.SecurityHeaders",
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
)
CONTEXT_PROCESSORS = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "seamline.http.module_middleware.add_module_context",
)
PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Of what a page may load: scripts from here alone, none inline. The documentation pages add styles, and a worker."""
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def settings(env: environ.Env, made: dict[str, Any], port: int, base: Path, licence: str = "") -> dict[str, Any]:
    """Make them from the environment, and from the runtime's settings, which are `made`."""
    return _django(env, made, base) | _http(made, licence) | _gunicorn(env, made["DEVELOPMENT"], port)


def _django(env: environ.Env, made: dict[str, Any], base: Path) -> dict[str, Any]:
    development, modules = made["DEVELOPMENT"], made["ACTIVE_MODULES"]
    hasher = f"seamline.configuration.passwords.{'DevelopmentHasher' if development else 'PasswordHasher'}"
    backends = dict.fromkeys(name for active in modules.values() for name in active.authentication_backends)
    validators = ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
    return {
        "DEBUG": False,
        "ALLOWED_HOSTS": _hosts(env, development),
        "INSTALLED_APPS": [
            *APPS,
            *dict.fromkeys(app for active in modules.values() for app in active.apps),
            *map(made["LAYOUT"].package_of, modules),
        ],
        "MIDDLEWARE": list(MIDDLEWARE),
        "AUTHENTICATION_BACKENDS": ["seamline.http.password_guesses.OperatorBackend", *backends],
        # They look for Django's own classes by name; ours are made of them.
        "SILENCED_SYSTEM_CHECKS": ["security.W002", "security.W003"],
        "ROOT_URLCONF": "seamline.runtime.urls",
        "WSGI_APPLICATION": "seamline.runtime.wsgi.application",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": list(CONTEXT_PROCESSORS)},
            }
        ],
        "PASSWORD_HASHERS": [hasher, "seamline.configuration.passwords.OldPasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}"} for name in validators
        ],
        "LANGUAGE_CODE": "en",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "STATIC_URL": "static/",
        "STATIC_ROOT": env.str("STATIC_ROOT", "") or None,
        "WHITENOISE_USE_FINDERS": True,
        "MEDIA_ROOT": env.str("MEDIA_ROOT", "") or (base / "var" / "media" if development else ""),
        "APPEND_SLASH": True,
        "LOGGING": logs.configuration(
            values.choice(env, "LOG_LEVEL", "INFO", LOG_LEVELS),
            readable=values.flag(env, "LOG_READABLE", development),
        ),
        # It has come this far only from one of TRUSTED_PROXIES.
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        **_mail(env, development),
        **_cross_origin(env),
        "PAGE_POLICY": env.str("PAGE_POLICY", PAGE_POLICY),
        # Said only where a request came by https.
        "SECURE_HSTS_SECONDS": values.number(env, "HSTS_SECONDS", 0 if development else 31_536_000, 2**31, least=0),
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": not development,
        "SECURE_HSTS_PRELOAD": not development,
        "SESSION_COOKIE_SECURE": not development,
        "CSRF_COOKIE_SECURE": not development,
        # Deployables that answer under one host have sessions of their own.
        "SESSION_COOKIE_NAME": f"{made['SERVICE_NAME']}_sessionid",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
    }


def _hosts(env: environ.Env, development: bool) -> list[str]:
    hosts: list[str] = env.list("ALLOWED_HOSTS", default=["*"] if development else [])
    if "*" in hosts and not development:
        # Links in mails and redirects are made of the host that was asked for.
        raise invalid_setting(
            "ALLOWED_HOSTS", "*", "the names that clients ask for, such as www.example.com,parcels-service"
        )
    return hosts


def _gunicorn(env: environ.Env, development: bool, port: int) -> dict[str, Any]:
    return {
        # Only this machine is served unless somebody says otherwise, as a container does with HOST=0.0.0.0.
        "HOST": values.host(env, "HOST", "127.0.0.1"),
        "PORT": values.number(env, "PORT", port, 65535),
        "WEB_WORKERS": values.number(env, "WEB_WORKERS", 1, 64),
        "WEB_THREADS": values.number(env, "WEB_THREADS", 4, 256),
        "WEB_CONNECTIONS": values.number(env, "WEB_CONNECTIONS", 1000, 100_000),
        "REQUEST_BUFFER_KIB": values.number(env, "REQUEST_BUFFER_KIB", 1024, 65_536),
        "REQUEST_BUFFERS_MIB": values.number(env, "REQUEST_BUFFERS_MIB", 64, 65_536),
        "KEEPALIVE_SECONDS": values.number(env, "KEEPALIVE_SECONDS", 75, 3600),
        "DRAIN_SECONDS": values.number(env, "DRAIN_SECONDS", 0 if development else 10, 600, least=0),
        "GUNICORN_LOG_LEVEL": values.choice(
            env, "GUNICORN_LOG_LEVEL", "warning", tuple(level.lower() for level in LOG_LEVELS)
        ),
    }


def _http(made: dict[str, Any], licence: str) -> dict[str, Any]:
    known = {**made["EXTRACTED_MODULES"], **made["ACTIVE_MODULES"]}
    return {
        "REST_FRAMEWORK": {
            "EXCEPTION_HANDLER": "seamline.http.problems.from_exception",
            "DEFAULT_SCHEMA_CLASS": "seamline.http.schema.ModuleSchema",
            "DEFAULT_AUTHENTICATION_CLASSES": ["seamline.http.access.BearerAuthentication"],
            "DEFAULT_PERMISSION_CLASSES": ["seamline.http.access.DeclaredAccess"],
            "UNAUTHENTICATED_USER": None,
        },
        "SPECTACULAR_SETTINGS": {
            "TITLE": made["SERVICE_NAME"].replace("-", " ").replace("_", " ").capitalize(),
            "DESCRIPTION": "Errors are problem details (RFC 9457) with a stable `code`. Lists go on by cursor. "
            "A body with a field that is not named here is refused, and so is text with the character NUL; responses "
            "may gain fields. "
            "Where somebody has to be logged in, send their access token: `Authorization: Bearer <token>`.",
            "VERSION": "1.0.0",
            "OAS_VERSION": "3.1.0",
            # What left comes last: its own deployable has said of it what is said everywhere.
            "POSTPROCESSING_HOOKS": [
                "seamline.http.schema.portable_patterns",
                "seamline.http.document_hooks.say_who_is_public",
                "seamline.http.document_hooks.close_bodies",
                "seamline.http.extracted.document",
            ],
            "SERVERS": [{"url": "/", "description": "Where this document is from."}],
            "LICENSE": {"name": licence, "identifier": licence} if licence else {},
            "SERVE_INCLUDE_SCHEMA": False,
            "SERVE_AUTHENTICATION": [],
            "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
            "SWAGGER_UI_DIST": "SIDECAR",
            "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
            "SWAGGER_UI_SETTINGS": {"persistAuthorization": True, "displayRequestDuration": True},
            "REDOC_DIST": "SIDECAR",
            "TAGS": [{"name": name, "description": known[name].summary} for name in sorted(known)],
        },
    }


def _mail(env: environ.Env, development: bool) -> dict[str, Any]:
    """Say by which server mails go, and what stands in them. In development they are printed."""
    try:
        server: dict[str, Any] = env.email_url(
            "EMAIL_URL", default="consolemail:" if development else "smtp://localhost:25"
        )
    except (KeyError, ValueError) as error:
        raise invalid_setting("EMAIL_URL", env.str("EMAIL_URL"), "such as smtp+tls://user:password@mail:587") from error
    return {
        **server,
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": env.str("MAIL_FROM", "no-reply@localhost"),
        "PASSWORD_RESET_URL": env.str("PASSWORD_RESET_URL", ""),
        "EMAIL_CONFIRMATION_URL": env.str("EMAIL_CONFIRMATION_URL", ""),
    }


def _cross_origin(env: environ.Env) -> dict[str, Any]:
    """Say which pages elsewhere may use the API from a browser: none, unless they are named (Fetch standard, CORS)."""
    return {
        "CORS_ALLOWED_ORIGINS": [origin.strip().rstrip("/") for origin in env.list("CORS_ALLOWED_ORIGINS", default=[])],
        "CORS_URLS_REGEX": "^/api/",
        "CORS_ALLOW_HEADERS": ("authorization", "content-type", "idempotency-key", "traceparent", "x-request-id"),
        "CORS_EXPOSE_HEADERS": ("ETag", "Idempotency-Replayed", "Location", "Retry-After", "X-Request-ID"),
    }
