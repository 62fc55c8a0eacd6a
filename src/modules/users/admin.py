from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from modules.users.models import PointsEntry, User
from seamline.admin import ModuleAdmin
from seamline.encryption import matches


@admin.register(User)
class UserAdmin(ModuleAdmin):
    list_display = ("nickname", "email", "scopes", "is_active", "created_at")
    list_display_links = ("nickname", "email")
    sortable_by = ("scopes", "is_active", "created_at")
    search_fields = ("email",)
    search_help_text = "The whole of an e-mail address"
    exclude = ("password", "email_digest")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[User], search_term: str) -> Any:
        """Find by the digest: what is encrypted is not found by a part."""
        return (queryset.filter(matches("email", search_term.strip())) if search_term else queryset), False


@admin.register(PointsEntry)
class PointsEntryAdmin(ModuleAdmin):
    list_display = ("user", "points", "reason", "order_id", "created_at")
