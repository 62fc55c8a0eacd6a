from seamline import apps


class InventoryConfig(apps.ModuleConfig):
    name = "modules.inventory"
