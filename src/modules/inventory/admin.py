from django.contrib import admin

from modules.inventory.models import Adjustment, Reservation, ReservationLine, Stock
from seamline.admin import ModuleAdmin


class ReservationLines(admin.TabularInline):
    model = ReservationLine


@admin.register(Stock)
class StockAdmin(ModuleAdmin):
    list_display = ("sku", "on_hand", "reserved")
    search_fields = ("sku",)


@admin.register(Reservation)
class ReservationAdmin(ModuleAdmin):
    list_display = ("order_id", "state", "created_at")
    list_filter = ("state",)
    inlines = (ReservationLines,)


@admin.register(Adjustment)
class AdjustmentAdmin(ModuleAdmin):
    list_display = ("stock", "quantity", "reason", "created_at")
