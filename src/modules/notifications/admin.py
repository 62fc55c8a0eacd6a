from django.contrib import admin

from kernel.admin import ModuleAdmin
from modules.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ModuleAdmin):
    list_display = ("created_at", "kind", "text", "user_id", "order_id")
    list_filter = ("kind",)
