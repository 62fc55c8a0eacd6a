"""Django's settings as mypy's plugin reads them; seamline.configuration.types says why."""

from typing import TYPE_CHECKING

import modules
from seamline.configuration.types import installed_apps

if TYPE_CHECKING:
    from seamline.deployable.names import *  # noqa: F403  what `settings.X` is, for types

SECRET_KEY = "for types only"  # noqa: S105  # nosec B105
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = installed_apps(modules)
