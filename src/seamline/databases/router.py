"""Which database a model lives in: its module's own, by app label."""

from typing import Any

from django.conf import settings

from seamline.databases.config import DEPLOYABLE
from seamline.layout import alias_of

RUNTIME_LABEL = "seamline"
"""App label of the tables that stand in every module's database: outbox, inbox, idempotency, sagas."""


class ModuleRouter:
    """Send each model to its module's database, and refuse relations between two."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool:
        return self._alias(left._meta.app_label) == self._alias(right._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        if app_label == RUNTIME_LABEL:
            return db in map(alias_of, settings.ACTIVE_MODULES)
        return db == (self._alias(app_label) or DEPLOYABLE)

    def _alias(self, label: str) -> str | None:
        # Runtime rows say their database themselves, with `using`.
        return alias_of(label) if label in settings.ACTIVE_MODULES else None
