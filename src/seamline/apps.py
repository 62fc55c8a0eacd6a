"""Django's view of the runtime, and of each module."""

from django.apps import AppConfig
from django.core import signals
from django.db import close_old_connections, reset_queries
from django.urls.converters import UUIDConverter
from django.utils.module_loading import import_string

from seamline import topology
from seamline.audit import facet
from seamline.calls import server
from seamline.events import mailbox
from seamline.module import active
from seamline.topology import Topology


class RuntimeConfig(AppConfig):
    """The tables that stand in every module's database, and the routes between modules."""

    name = "seamline"
    label = "seamline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from seamline.http import schema  # noqa: F401  registers itself with drf-spectacular

        # Upper case is as good (RFC 9562, section 4).
        UUIDConverter.regex = f"(?i:{UUIDConverter.regex})"
        topology.use(Topology(frozenset(active()), settings.MODULE_URLS, settings.GATEWAY_URL))
        _look_after_connections_once()


def _look_after_connections_once() -> None:
    # At the start of a request is enough: none has an age at which it ends, and queries are not recorded. With a
    # connection for every module, looking at all of them three times would be a tenth of a short request.
    signals.request_started.disconnect(reset_queries)
    signals.request_finished.disconnect(close_old_connections)


class ModuleConfig(AppConfig):
    """Base of every module's AppConfig: answers for the contracts and events that its manifest names."""

    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from seamline import files  # their tables are models, which cannot be imported before
        from seamline.work import jobs  # their tables are models, which cannot be imported before

        module = active()[self.label]
        module.check_names()
        server.register_module(module)
        mailbox.serve_module(module)
        facet.serve_module(module)
        jobs.check_module(module)
        files.check_models(self.label, self.get_models())
        if module.has("tasks"):
            from django.conf import settings

            # Celery's tasks belong to the application that was made last.
            import_string(settings.CELERY_APP)
