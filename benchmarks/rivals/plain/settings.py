"""Django with what it needs and nothing else; connections stay open."""

import os

import environ

SECRET_KEY = "benchmark-only"  # noqa: S105
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["benchmarks.rivals.plain"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "benchmarks.rivals.plain.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {},
    **{
        alias: environ.Env.db_url_config(os.environ[f"{alias.upper()}_DB"]) | {"CONN_MAX_AGE": None}
        for alias in ("orders", "users", "inventory", "payments")
    },
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
LOGGING_CONFIG = None
