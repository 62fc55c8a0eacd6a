"""Base of admin pages over a table that stands in every module's database: all modules' rows in one list."""

from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

from django.apps.registry import Apps
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms import CheckboxInput
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from seamline.databases import availability
from seamline.layout import alias_of
from seamline.operations import event_administration

ALL = "all"
SHORT = 60
"""Letters of a long text in a list: the last ones, where the number of an incident stands."""
Row = Any
Act = Callable[[Row], object]
M = TypeVar("M", bound=models.Model)


class RowsOfModules(QuerySet[Any]):
    """Rows of several modules, each from its own database, as one list. Only to be read, a page at a time."""

    modules: tuple[str, ...] = ()
    merged_by = "pk"
    """The time by which each module's rows are in order, the latest first, and the list is."""
    chosen: Mapping[str, list[str]] | None = None
    """Keys of the rows that are meant, by module; all of them where it is None."""

    def of(self, modules: list[str], merged_by: str) -> "RowsOfModules":
        """Read these modules' rows."""
        rows = self.all()
        rows.modules, rows.merged_by = tuple(modules), merged_by
        return rows

    def filter(self, *args: Any, **kwargs: Any) -> "RowsOfModules":
        """As Django's, but that `pk__in`, which the admin's actions say, has places: `parcels.17`."""
        rows = super().filter(*args, **{name: value for name, value in kwargs.items() if name != "pk__in"})
        if "pk__in" in kwargs:
            rows.chosen = {}
            for module, _, key in (str(place).partition(".") for place in kwargs["pk__in"]):
                rows.chosen.setdefault(module, []).append(key)
        return rows

    def count(self) -> int:
        return sum(rows.count() for rows in self._each())

    def __getitem__(self, wanted: Any) -> Any:
        return list(islice(self._merge(wanted.stop), wanted.start, wanted.stop))

    def _clone(self) -> "RowsOfModules":
        clone: RowsOfModules = super()._clone()  # type: ignore[misc]  # Django's, by which every copy is made
        clone.modules, clone.merged_by, clone.chosen = self.modules, self.merged_by, self.chosen
        return clone

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._result_cache = list(self._merge(None))

    def _merge(self, most: int | None) -> Iterator[Row]:
        found = [rows[:most] for rows in self._each()]
        return iter(merge(*found, key=attrgetter(self.merged_by), reverse=True))

    def _each(self) -> Iterator[QuerySet[Any]]:
        for module in self.modules:
            rows: QuerySet[Any] = QuerySet(self.model, query=self.query.chain(), using=alias_of(module))
            if self.chosen is None:
                yield rows.filter(module=module)
            elif keys := [key for key in self.chosen.get(module, []) if _is_key(self.model, key)]:
                yield rows.filter(module=module, pk__in=keys)


class ChoiceFilter(admin.SimpleListFilter):
    """A filter that has no "All" of its own: the first choice is made where none is."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, title in self.lookup_choices:
            selected = (self.value() or self.lookup_choices[0][0]) == value
            yield {"selected": selected, "query_string": self._query(changelist, str(value)), "display": title}

    def _query(self, changelist: Any, value: str) -> str:
        return str(changelist.get_query_string({self.parameter_name: value}))


class ModuleFilter(ChoiceFilter):
    title, parameter_name = "module", "module"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ALL, "All modules"), *((module, module) for module in event_administration.modules())]

    def _query(self, changelist: Any, value: str) -> str:
        # Another module may not have the same subscribers or flows.
        return str(changelist.get_query_string({"module": value}, ["subscriber", "name", "p"]))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class _Rows(ChangeList):
    def url_for_result(self, result: Row) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(place(result),))


class ModuleRowsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # only generic to the type checker
    """Look at rows of all modules or of one; what may be done with them takes the permission to change them."""

    merged_by = "pk"
    change_form_template = "admin/seamline/change_form.html"
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

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
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Rows

    def get_queryset(self, request: HttpRequest) -> RowsOfModules:
        return RowsOfModules(self.model).of(answering_modules(request), self.merged_by)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Row | None:
        module, _, key = object_id.partition(".")
        if module not in event_administration.modules() or not _is_key(self.model, key):
            return None
        return self.model._default_manager.using(alias_of(module)).filter(module=module, pk=key).first()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if silent := sorted({*chosen_modules(request)} - {*answering_modules(request)}):
            messages.warning(request, f"Not shown, because the database does not answer: {', '.join(silent)}.")
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        shown = {"place": object_id, "may_operate": self.has_operate_permission(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, shown)

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))  # nosec B308  no value is in it
    def action_checkbox(self, row: Row) -> SafeString:
        """Draw the box by which a row is chosen: as Django's, but that it names the row's module too."""
        attributes = {"class": "action-select", "aria-label": f"Select this row for an action - {row}"}
        return CheckboxInput(attributes, lambda _: False).render("_selected_action", place(row))

    def confirm(self, request: HttpRequest, rows: list[Row], action: str, title: str, text: str, **more: Any) -> Any:
        """Ask whether somebody is sure of an action."""
        shown = {"opts": self.opts, "title": title, "text": text, "action": action, **more}
        shown["rows"] = [(place(row), row) for row in rows]
        return TemplateResponse(
            request, "admin/seamline/confirm.html", {**self.admin_site.each_context(request), **shown}
        )

    def act(self, request: HttpRequest, rows: Iterator[Row], act: Act, what: str, rest: str, noted: str = "") -> None:
        """Do something to each row, note in the admin's log who did it, and tell how many it was and was not done to.

        `act` tells whether it was done, and logs it.
        """
        done = left = 0
        for row in rows:
            if act(row):
                note(request, self.model, place(row), str(row), noted or what)
                done += 1
            else:
                left += 1
        if done:
            messages.success(request, f"{str(self.opts.verbose_name_plural).capitalize()} {what.lower()}: {done}.")
        if left:
            messages.warning(request, f"{str(self.opts.verbose_name_plural).capitalize()} left alone, {rest}: {left}.")


def note(request: HttpRequest, model: type[models.Model], where: str, name: str, what: str) -> None:
    """Note in the admin's log what an operator did."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.create(
        user_id=str(request.user.pk),
        content_type=kind,
        object_id=where,
        object_repr=name[:200],
        action_flag=CHANGE,
        change_message=what,
    )


def chosen_modules(request: HttpRequest) -> list[str]:
    """Name the modules whose rows are looked at: all that live here, where nobody has chosen."""
    here = event_administration.modules()
    module = request.GET.get("module")
    return [module] if module in here else here


def answering_modules(request: HttpRequest) -> list[str]:
    """Name those of them whose database answers."""
    away = availability.away()
    return [module for module in chosen_modules(request) if alias_of(module) not in away]


def place(row: Row) -> str:
    """Say which row of which module: the same number means another one in another module's database."""
    return f"{row.module}.{row.pk}"


def shorten(text: str) -> str:
    """Show the end of a long text, and the whole of it on a click."""
    if len(text) <= SHORT:
        return format_html('<span style="overflow-wrap: anywhere">{}</span>', text) if text else "-"
    return format_html(
        '<details style="overflow-wrap: anywhere"><summary>… {}</summary>'
        '<div style="white-space: pre-wrap; max-width: 60ch">{}</div></details>',
        text[-SHORT:],
        text,
    )


def with_plain_key(model: type[M], key: str, name: str) -> type[M]:
    """Make a model of the same table whose key is one column: the admin takes none of several.

    It is good for the rows of one module at a time. As Django's own of its migrations, it stands in a registry of its
    own, so that nobody makes a migration of it.
    """
    fields: dict[str, Any] = {field.name: field.clone() for field in model._meta.local_concrete_fields}
    fields[key].primary_key = fields[key]._unique = True
    meta = {"apps": Apps(), "app_label": model._meta.app_label, "db_table": model._meta.db_table, "managed": False}
    meta["verbose_name"] = name
    own = {"__module__": model.__module__, "__str__": model.__str__, "Meta": type("Meta", (), meta)}
    return type(model.__name__, (models.Model,), {**fields, **own})


def _is_key(model: type[models.Model], key: str) -> bool:
    try:
        model._meta.pk.to_python(key)
    except ValidationError:
        return False
    return True
