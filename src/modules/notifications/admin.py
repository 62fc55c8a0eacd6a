from django.contrib import admin

from modules.notifications.models import Notification
from seamline.admin import ModuleAdmin


@admin.register(Notification)
class NotificationAdmin(ModuleAdmin):
    list_display = ("created_at", "kind", "text", "user_id", "order_id")
    list_filter = ("kind",)
