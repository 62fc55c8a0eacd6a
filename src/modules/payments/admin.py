from django.contrib import admin

from modules.payments.models import Payment, Refund
from seamline.admin import ModuleAdmin


@admin.register(Payment)
class PaymentAdmin(ModuleAdmin):
    list_display = ("id", "order_id", "status", "amount", "refunded", "currency", "created_at")
    list_filter = ("status",)
    search_fields = ("id", "order_id")


@admin.register(Refund)
class RefundAdmin(ModuleAdmin):
    list_display = ("id", "payment", "amount", "created_at")
