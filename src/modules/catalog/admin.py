from django.contrib import admin

from kernel.admin import ModuleAdmin
from modules.catalog.models import Product


@admin.register(Product)
class ProductAdmin(ModuleAdmin):
    list_display = ("sku", "name", "price", "currency", "active")
    search_fields = ("sku", "name")
    list_filter = ("active",)
