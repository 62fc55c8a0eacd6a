from django.contrib import admin

from modules.gadgets.models import Gadget, Maker
from seamline.admin import ModuleAdmin


@admin.register(Gadget)
class GadgetAdmin(ModuleAdmin):
    list_display = ("name", "maker", "weight")


@admin.register(Maker)
class MakerAdmin(ModuleAdmin):
    list_display = ("name",)
