"""The start of every process: settings and modules, or one line that says what is wrong with the configuration."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

USAGE = 2
"""Exit status: a person has to set something else."""
SETTINGS = "config.settings"
"""Where a deployable has them, unless DJANGO_SETTINGS_MODULE says otherwise."""


def load() -> None:
    """Load the settings and the modules. Ends the process where the configuration will not do."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        django.setup()
        # Views say here what is wrong with them, and not to whoever asks first.
        get_resolver().url_patterns  # noqa: B018  this loads them
    except ImproperlyConfigured as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(USAGE)
