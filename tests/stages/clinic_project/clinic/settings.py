"""Settings as `startproject` writes them, with what a team has added over the years."""

import os
from pathlib import Path

from seamline import deployable

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "clinic-secret-0123456789abcdef-0123456789"
DEBUG = os.environ.get("CLINIC_DEBUG", "yes") == "yes"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "people.apps.PeopleConfig",
    "appointments",
    "clinic.billing.apps.BillingConfig",
    "letters",
    "seamline",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
TEMPLATES = [
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
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("CLINIC_DB_NAME", "clinic"),
        "USER": os.environ.get("CLINIC_DB_USER", "clinic"),
        "PASSWORD": os.environ.get("CLINIC_DB_PASSWORD", ""),
        "HOST": os.environ.get("CLINIC_DB_HOST", ""),
        "PORT": os.environ.get("CLINIC_DB_PORT", ""),
    }
}
AUTH_USER_MODEL = "people.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}

globals().update(deployable.settings(globals()))
