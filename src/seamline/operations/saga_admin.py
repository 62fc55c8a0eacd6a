"""The modules' sagas in the admin: where each stands, and what a person does about one that is not at its end."""

from typing import Any

import structlog
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from seamline.module import active
from seamline.operations import saga_administration
from seamline.operations.module_rows import (
    ChoiceFilter,
    ModuleFilter,
    ModuleRowsAdmin,
    RowsOfModules,
    answering_modules,
    shorten,
    with_plain_key,
)
from seamline.operations.saga_administration import UNFINISHED
from seamline.work.models import SagaRecord
from seamline.work.states import SagaState

log = structlog.get_logger("seamline.sagas")

SagaRow = with_plain_key(SagaRecord, "id", "saga")


class StateFilter(ChoiceFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Under way"), *((state.value, str(state.label)) for state in SagaState), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value() or "open"
        if state == "open":
            return queryset.filter(state__in=UNFINISHED)
        return queryset if state == "all" else queryset.filter(state=state)


class NameFilter(admin.SimpleListFilter):
    title, parameter_name = "name", "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = {saga.name for module in answering_modules(request) for saga in _sagas_of(module)}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(SagaRow)
class SagaAdmin(ModuleRowsAdmin):
    """Look at sagas; have those that are under way go on now, or go back."""

    merged_by = "started_at"
    list_display = ("started_at", "name", "module", "id", "state", "at_step", "attempts", "due_at", "why")
    list_display_links = ("started_at", "id")
    list_filter = (ModuleFilter, StateFilter, NameFilter)
    fields = (
        *("module", "name", "id", "state", "at_step", "attempts", "why"),
        *("started_at", "due_at", "deadline", "request_id", "traceparent"),
    )
    search_fields = ("=id", "=request_id")
    search_help_text = "The whole of a saga's id, or a request id"
    ordering = ("-started_at",)
    actions = ("retry", "compensate")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        shown: dict[str, Any] = {}
        if saga := self.get_object(request, object_id):
            shown["steps"] = _steps(saga)
            if saga.state in UNFINISHED:
                shown["buttons"] = [("retry", "Go on now")]
            if saga.state == SagaState.RUNNING:
                shown["buttons"].append(("compensate", "Compensate …"))
        return super().change_view(request, object_id, form_url, shown)

    @admin.display(description="step")
    def at_step(self, saga: Any) -> str:
        return str(saga.step + 1)

    @admin.display(description="reason")
    def why(self, saga: Any) -> str:
        return shorten(saga_administration.explain(saga.reason))

    @admin.action(description="Have sagas go on now", permissions=["operate"])
    def retry(self, request: HttpRequest, sagas: RowsOfModules) -> None:
        def go_on(saga: Any) -> bool:
            return _log("saga_retried", saga, bool(saga_administration.retry(saga.module, saga_id=saga.id)))

        self.act(request, iter(sagas), go_on, "To go on now", "because they are at their end")

    @admin.action(description="Compensate sagas", permissions=["operate"])
    def compensate(self, request: HttpRequest, sagas: RowsOfModules) -> Any:
        why = request.POST.get("why", "").strip()
        if request.POST.get("confirmed") and not why:
            messages.error(request, "Say why they are to be compensated: nothing was changed.")
            return None
        if not why:
            running = list(sagas.filter(state=SagaState.RUNNING))
            text = "What these did will be undone, step by step. There is no way back:"
            words = {"yes": "Yes, compensate them", "asks_why": True}
            return self.confirm(request, running, "compensate", "Compensate sagas?", text, **words)

        def go_back(saga: Any) -> bool:
            return _log("saga_compensated", saga, saga_administration.compensate(saga.module, saga.id, why))

        rest = "because they go back already, or are at their end"
        return self.act(request, iter(sagas), go_back, "To be compensated", rest, f"Compensated: {why}")


def _sagas_of(module: str) -> tuple[Any, ...]:
    manifest = active()[module]
    return tuple(manifest.room("sagas").SAGAS) if manifest.has("sagas") else ()


def _steps(saga: Any) -> list[dict[str, Any]]:
    """Name the steps of a saga, as its module declares them now, and say at which of them it stands."""
    for declared in _sagas_of(saga.module):
        if declared.name == saga.name:
            return [
                {
                    "action": _name(step.action),
                    "compensation": _name(step.compensation),
                    "is_here": number == saga.step and saga.state in UNFINISHED,
                }
                for number, step in enumerate(declared.steps)
            ]
    return []


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _log(what: str, saga: Any, done: bool) -> bool:
    if done:
        log.warning(what, module=saga.module, saga=saga.name, id=str(saga.id))
    return done
