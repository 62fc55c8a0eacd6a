"""Django's view of the runtime, and of each module."""

from typing import Any

from django.apps import AppConfig, apps
from django.core import checks, signals
from django.db import close_old_connections, connections, reset_queries
from django.db.models import signals as signals_of_models
from django.urls.converters import UUIDConverter
from django.utils.module_loading import import_string

from seamline import topology
from seamline.audit import facet as audit
from seamline.calls import server
from seamline.events import mailbox
from seamline.layout import alias_of
from seamline.module import active
from seamline.personal_data import facet as personal_data
from seamline.topology import Topology


class RuntimeConfig(AppConfig):
    """The tables that stand in every module's database, and the routes between modules."""

    name = "seamline"
    label = "seamline"
    default = True  # of two configurations in this file, Django takes neither by itself
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from seamline.http import deployment_checks  # noqa: F401  registers itself

        topology.use(Topology(frozenset(active()), settings.MODULE_URLS, settings.GATEWAY_URL))
        if settings.STANDALONE:
            # Upper case is as good (RFC 9562, section 4).
            UUIDConverter.regex = f"(?i:{UUIDConverter.regex})"
            _look_after_connections_once()
        if apps.is_installed("drf_spectacular"):
            from seamline.http import schema  # noqa: F401  registers itself with drf-spectacular
        checks.register(_say_what_was_added)
        signals_of_models.post_migrate.connect(_expect_subscribers, sender=self)
        for module in active():
            config = apps.get_app_config(module)
            if not isinstance(config, ModuleConfig):
                serve_module(config)


def _look_after_connections_once() -> None:
    # At the start of a request is enough: none has an age at which it ends, and queries are not recorded. With a
    # connection for every module, looking at all of them three times would be a tenth of a short request.
    signals.request_started.disconnect(reset_queries)
    signals.request_finished.disconnect(close_old_connections)


class ModuleConfig(AppConfig):
    """Base of a module's AppConfig, with what it has in common with others. Any other configuration will do too."""

    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        serve_module(self)


def serve_module(config: AppConfig) -> None:
    """Answer for the contracts and events of the module that an application is."""
    from django.conf import settings

    from seamline import files  # their tables are models, which cannot be imported before
    from seamline.work import jobs  # their tables are models, which cannot be imported before

    module = active()[config.label]
    module.check_names()
    server.register_module(module)
    mailbox.serve_module(module)
    audit.serve_module(module)
    personal_data.serve_module(module)
    jobs.check_module(module)
    files.check_models(config.label, config.get_models())
    if settings.STANDALONE and module.has("tasks"):
        # Celery's tasks belong to the application that was made last.
        import_string(settings.DELIVERY_CELERY_APP)


def _say_what_was_added(**_: Any) -> list[checks.CheckMessage]:
    from django.conf import settings

    hint = "Write these into your settings file yourself, where you want them, and this says no more."
    return [checks.Info(f"added to {added}", hint=hint, id="seamline.I001") for added in settings.SETTINGS_ADDED]


def _expect_subscribers(using: str, **_: Any) -> None:
    """Have modules whose tables are new know their subscribers, though `migrate` made them and not `migrate_all`."""
    from seamline.events import subscriptions
    from seamline.events.models import Subscription

    if Subscription._meta.db_table not in connections[using].introspection.table_names():
        return  # others were migrated, and not the runtime's
    for module in active():
        if alias_of(module) == using:
            subscriptions.expect(module)
