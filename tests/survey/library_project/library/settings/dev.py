from .base import *  # noqa: F403

INSTALLED_APPS.append("fines.apps.FinesConfig")  # noqa: F405
