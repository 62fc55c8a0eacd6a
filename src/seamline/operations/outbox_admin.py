"""The modules' outboxes in the admin, one module at a time: each has a database of its own."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import structlog
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from seamline.events.models import OutboxMessage, OutboxState
from seamline.layout import alias_of
from seamline.operations import event_administration

log = structlog.get_logger("seamline.events")
SHOWN = 60
"""Letters of an error in the list: the last ones, where the number of the incident stands."""


def chosen(request: HttpRequest) -> str:
    """The module whose outbox is looked at: the first, where nobody has chosen."""
    here = event_administration.modules()
    module = request.GET.get("module")
    return module if module in here else here[0]


class _Filter(admin.SimpleListFilter):
    """A filter that has no "All" of its own."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, title in self.lookup_choices:
            selected = (self.value() or self.lookup_choices[0][0]) == value
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": selected, "query_string": query, "display": title}


class ModuleFilter(_Filter):
    title, parameter_name = "module", "module"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(module, module) for module in event_administration.modules()]

    def choices(self, changelist: Any) -> Iterator[Any]:
        # Another module may not have the same subscribers.
        for choice in super().choices(changelist):
            value = str(choice["display"])
            yield {**choice, "query_string": changelist.get_query_string({"module": value}, ["subscriber", "p"])}

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        return queryset


class StateFilter(_Filter):
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
        names = [standing.subscriber for standing in event_administration.status(chosen(request))]
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        return queryset.filter(subscriber=self.value()) if self.value() else queryset


class Rows(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("admin:seamline_outboxmessage_change", args=(_place(result),))


@admin.register(OutboxMessage)
class OutboxAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # only generic to the type checker
    """Look at events; retry or discard those that are dead, with the permission to change them."""

    list_display = ("published_at", "name", "key", "subscriber", "state", "failures", "error")
    list_filter = (ModuleFilter, StateFilter, SubscriberFilter)
    search_fields = ("=event_id", "=key", "=request_id")
    search_help_text = "The whole of an event's id, a key or a request id"
    ordering = ("-id",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("retry", "discard")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(event_administration.modules()) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(event_administration.modules()) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # by no form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("seamline.change_outboxmessage"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        module = chosen(request)
        return OutboxMessage.objects.using(alias_of(module)).filter(module=module).order_by("-id")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> OutboxMessage | None:
        module, _, number = object_id.partition(".")
        if module not in event_administration.modules() or not number.isdecimal():
            return None
        return OutboxMessage.objects.using(alias_of(module)).filter(module=module, pk=number).first()

    @admin.display(description="error")
    def error(self, event: OutboxMessage) -> str:
        error = event.last_error
        shown = error if len(error) <= SHOWN else f"… {error[-SHOWN:]}"
        return format_html('<span style="overflow-wrap: anywhere">{}</span>', shown) if error else "-"

    @admin.action(description="Try dead events again", permissions=["operate"])
    def retry(self, request: HttpRequest, events: QuerySet[OutboxMessage]) -> None:
        def again(module: str, subscriber: str, event: UUID) -> int:
            return event_administration.retry(module, subscriber, event)

        _act(request, events, again, "tried again", "event_retried")

    @admin.action(description="Discard dead events", permissions=["operate"])
    def discard(self, request: HttpRequest, events: QuerySet[OutboxMessage]) -> TemplateResponse | None:
        if request.POST.get("confirmed"):
            _act(request, events, event_administration.discard, "discarded", "event_discarded")
            return None
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Discard dead events?"}
        dead = events.filter(state=OutboxState.DEAD)
        return TemplateResponse(request, "admin/seamline/outboxmessage/discard.html", {**shown, "events": dead})


def _act(
    request: HttpRequest, events: QuerySet[OutboxMessage], act: Callable[[str, str, UUID], int], what: str, logged: str
) -> None:
    """Do something to each dead event, log it, and note in the admin's log who did it."""
    kind, done, rest = ContentType.objects.get_for_model(OutboxMessage), 0, 0
    for event in events.order_by("id"):
        if not act(str(event._state.db), event.subscriber, event.event_id):
            rest += 1
            continue
        done += 1
        log.warning(logged, publisher=event._state.db, subscriber=event.subscriber, event_id=str(event.event_id))
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=kind,
            object_id=_place(event),
            object_repr=f"{event.name} {event.event_id} to {event.subscriber}",
            action_flag=CHANGE,
            change_message=what.capitalize(),
        )
    if done:
        messages.success(request, f"Events {what}: {done}.")
    if rest:
        messages.warning(request, f"Events left alone, because they are not dead: {rest}.")


def _place(event: OutboxMessage) -> str:
    """Which event of which module: the same number means another one in another module's database."""
    return f"{event._state.db}.{event.pk}"
