"""Which database a model lives in: its module's own, by app label. What is no module's business is left to others."""

from typing import Any

from django.conf import settings

from seamline.layout import DEPLOYABLE, alias_of

RUNTIME_LABEL = "seamline"
"""App label of the tables that stand wherever a module's do: outbox, inbox, idempotency, sagas."""


class ModuleRouter:
    """Send each model of a module with data of its own to its database, and refuse relations across.

    Of every other model it says only that it is not in those databases: other routers go on as before.
    """

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._own(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool | None:
        mine, theirs = self._own(left._meta.app_label), self._own(right._meta.app_label)
        return None if mine is theirs is None else mine == theirs

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        used = {*map(alias_of, settings.ACTIVE_MODULES)}
        if app_label == RUNTIME_LABEL:
            return db in used
        if own := self._own(app_label):
            return db == own
        return False if db in used - {DEPLOYABLE} else None

    def _own(self, label: str) -> str | None:
        # Runtime rows say their database themselves, with `using`.
        alias = alias_of(label) if label in settings.ACTIVE_MODULES else DEPLOYABLE
        return None if alias == DEPLOYABLE else alias
