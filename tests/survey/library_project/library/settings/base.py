import environ

env = environ.Env()
OWN_APPS = ["accounts", "catalog.apps.CatalogConfig"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    *OWN_APPS,
    "shared",
]
INSTALLED_APPS += env.list("MORE_APPS", default=["loans"])
AUTH_USER_MODEL = "accounts.Reader"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "ATOMIC_REQUESTS": True}}
