from django.contrib import admin

from modules.payments.models import LedgerEntry, Payment, ProviderEvent, Refund
from seamline.admin import ModuleAdmin


@admin.register(Payment)
class PaymentAdmin(ModuleAdmin):
    list_display = ("id", "order_id", "status", "amount", "refunded", "currency", "difference", "created_at")
    list_filter = ("status",)
    search_fields = ("id", "order_id")


@admin.register(Refund)
class RefundAdmin(ModuleAdmin):
    list_display = ("id", "payment", "amount", "created_at")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ModuleAdmin):
    list_display = ("id", "payment", "operation", "state", "amount", "currency", "provider", "reference", "created_at")
    list_filter = ("operation", "state", "provider")
    search_fields = ("payment__id", "payment__order_id", "reference")
    date_hierarchy = "created_at"


@admin.register(ProviderEvent)
class ProviderEventAdmin(ModuleAdmin):
    list_display = ("provider", "event_id", "received_at")
    exclude = ("signature",)
