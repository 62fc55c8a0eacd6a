"""Django's settings as mypy's plugin reads them: every model is known, and nothing of the system starts.

The plugin loads Django. With the settings that serve, it would load manifests and check modules against their
contracts, and crash where a module lags behind; that is for `make lint` to say before, and for the start.
"""

import importlib
import pkgutil
from types import ModuleType

from django.apps import AppConfig


class _Bare(str, AppConfig):
    """An application of a package, without what its own configuration does when all is loaded.

    The plugin writes the list of applications down as JSON, for which each has to be a string.
    """

    def __new__(cls, package: str) -> "_Bare":
        return str.__new__(cls, package)

    def __init__(self, package: str) -> None:
        AppConfig.__init__(self, package, importlib.import_module(package))


def installed_apps(modules: ModuleType | str) -> list[str]:
    """List the applications of a deployable: with the modules in a package, or with the one that is named."""
    return [
        "django.contrib.admin.apps.SimpleAdminConfig",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "rest_framework",
        _Bare("seamline"),
        *map(_Bare, [modules] if isinstance(modules, str) else _packages(modules)),
    ]


def _packages(modules: ModuleType) -> list[str]:
    return [f"{modules.__name__}.{found.name}" for found in pkgutil.iter_modules(modules.__path__) if found.ispkg]
