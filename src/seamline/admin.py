"""Base of the modules' admin pages: operators look, and act through services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from seamline import topology
from seamline.operations import job_admin as _jobs  # noqa: F401  registers itself
from seamline.operations import outbox_admin as _events  # noqa: F401  registers itself
from seamline.operations import saga_admin as _sagas  # noqa: F401  registers itself


class ModuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # only generic to the type checker
    """Read-only pages of a module's tables, hidden while the module lives elsewhere."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return topology.current().is_here(self.opts.app_label) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return topology.current().is_here(self.opts.app_label) and super().has_view_permission(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse to filter by what the page does not show: it could be read out letter by letter."""
        hidden = {"password", *(self.exclude or ())}
        return hidden.isdisjoint(lookup.split("__")) and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
