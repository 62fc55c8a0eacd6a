from django.contrib import admin

from kernel.admin import ModuleAdmin
from modules.gadgets.models import Gadget, Maker


@admin.register(Gadget)
class GadgetAdmin(ModuleAdmin):
    list_display = ("name", "maker", "weight")


@admin.register(Maker)
class MakerAdmin(ModuleAdmin):
    list_display = ("name",)
