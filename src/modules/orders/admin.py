from django.contrib import admin

from modules.orders.models import Coupon, Order, OrderLine
from seamline.admin import ModuleAdmin


class OrderLines(admin.TabularInline):
    model = OrderLine


@admin.register(Order)
class OrderAdmin(ModuleAdmin):
    list_display = ("id", "status", "total", "currency", "customer_id", "created_at")
    list_filter = ("status",)
    search_fields = ("id", "customer_id")
    inlines = (OrderLines,)


@admin.register(Coupon)
class CouponAdmin(ModuleAdmin):
    list_display = ("code", "percent", "per_customer", "active")
