from django.contrib import admin

from modules.catalog.models import Product
from seamline.admin import ModuleAdmin


@admin.register(Product)
class ProductAdmin(ModuleAdmin):
    list_display = ("sku", "name", "price", "currency", "active")
    search_fields = ("sku", "name")
    list_filter = ("active",)
