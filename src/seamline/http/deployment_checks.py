"""What `manage.py check --deploy` warns of."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register("seamline", deploy=True)
def check_proxies(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """Warn where no proxy is believed: then none can tell that a request came by https, and the admin refuses it."""
    if settings.TRUSTED_PROXIES:
        return []
    hint = "Set it to the addresses of the proxies that speak TLS in front, such as 10.0.0.5,192.168.7.0/24."
    return [checks.Warning("TRUSTED_PROXIES is not set: nobody is believed that it is https", hint, id="seamline.W001")]
