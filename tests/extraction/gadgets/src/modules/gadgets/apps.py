from kernel import apps


class GadgetsConfig(apps.ModuleConfig):
    name = "modules.gadgets"
