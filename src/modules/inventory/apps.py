from kernel import apps


class InventoryConfig(apps.ModuleConfig):
    name = "modules.inventory"
