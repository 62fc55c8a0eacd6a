"""The modules' outboxes in the admin."""

from typing import Any

import structlog
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from seamline.events.models import OutboxMessage, OutboxState
from seamline.operations import event_administration
from seamline.operations.module_rows import (
    ChoiceFilter,
    ModuleFilter,
    ModuleRowsAdmin,
    RowsOfModules,
    answering_modules,
    shorten,
)

log = structlog.get_logger("seamline.events")


class StateFilter(ChoiceFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # All that was delivered in a week is a lot, and seldom what somebody looks for.
        return [("open", "Not delivered"), *((state.value, str(state.label)) for state in OutboxState), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        state = self.value() or "open"
        if state == "open":
            return queryset.filter(state__in=[OutboxState.PENDING, OutboxState.DELIVERING, OutboxState.DEAD])
        return queryset if state == "all" else queryset.filter(state=state)


class SubscriberFilter(admin.SimpleListFilter):
    title, parameter_name = "subscriber", "subscriber"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        modules = answering_modules(request)
        names = {standing.subscriber for module in modules for standing in event_administration.status(module)}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        return queryset.filter(subscriber=self.value()) if self.value() else queryset


@admin.register(OutboxMessage)
class OutboxAdmin(ModuleRowsAdmin):
    """Look at events; retry or discard those that are dead."""

    merged_by = "published_at"
    list_display = ("published_at", "name", "module", "key", "subscriber", "state", "failures", "error")
    list_display_links = ("published_at", "name")
    list_filter = (ModuleFilter, StateFilter, SubscriberFilter)
    search_fields = ("=event_id", "=key", "=request_id")
    search_help_text = "The whole of an event's id, a key or a request id"
    ordering = ("-id",)
    actions = ("retry", "discard")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        event = self.get_object(request, object_id)
        is_dead = event is not None and event.state == OutboxState.DEAD
        buttons = [("retry", "Try it again"), ("discard", "Discard it …")] if is_dead else []
        return super().change_view(request, object_id, form_url, {"buttons": buttons})

    @admin.display(description="error")
    def error(self, event: OutboxMessage) -> str:
        return shorten(event.last_error)

    @admin.action(description="Try dead events again", permissions=["operate"])
    def retry(self, request: HttpRequest, events: RowsOfModules) -> None:
        def again(event: OutboxMessage) -> bool:
            done = event_administration.retry(event.module, event.subscriber, event.event_id)
            return _log("event_retried", event, done)

        self.act(request, iter(events), again, "Tried again", "because they are not dead")

    @admin.action(description="Discard dead events", permissions=["operate"])
    def discard(self, request: HttpRequest, events: RowsOfModules) -> Any:
        if not request.POST.get("confirmed"):
            dead = list(events.filter(state=OutboxState.DEAD))
            text = "Their subscribers will never hear of these, and what is blocked behind them goes on:"
            return self.confirm(request, dead, "discard", "Discard dead events?", text, yes="Yes, discard them")

        def give_up(event: OutboxMessage) -> bool:
            done = event_administration.discard(event.module, event.subscriber, event.event_id)
            return _log("event_discarded", event, done)

        return self.act(request, iter(events), give_up, "Discarded", "because they are not dead")


def _log(what: str, event: OutboxMessage, done: int) -> bool:
    if done:
        log.warning(what, publisher=event.module, subscriber=event.subscriber, event_id=str(event.event_id))
    return bool(done)
