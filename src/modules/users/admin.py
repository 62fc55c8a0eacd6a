from django.contrib import admin

from modules.users.models import PointsEntry, User
from seamline.admin import ModuleAdmin


@admin.register(User)
class UserAdmin(ModuleAdmin):
    list_display = ("nickname", "email", "scopes", "is_active", "created_at")
    search_fields = ("email", "nickname")
    exclude = ("password",)


@admin.register(PointsEntry)
class PointsEntryAdmin(ModuleAdmin):
    list_display = ("user", "points", "reason", "order_id", "created_at")
