"""Which database a model lives in: its module's own, by app label."""

from typing import Any

from django.conf import settings

from seamline.databases.config import DEPLOYABLE

RUNTIME_LABEL = "seamline"
"""App label of the tables that stand in every module's database: outbox, inbox, idempotency, sagas."""


class ModuleRouter:
    """Send each model to its module's database, and refuse relations between two."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._home(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool:
        return self._home(left._meta.app_label) == self._home(right._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        if app_label == RUNTIME_LABEL:
            return db != DEPLOYABLE
        return db == (self._home(app_label) or DEPLOYABLE)

    def _home(self, label: str) -> str | None:
        # Runtime rows say their database themselves, with `using`.
        return label if label in settings.ACTIVE_MODULES else None
