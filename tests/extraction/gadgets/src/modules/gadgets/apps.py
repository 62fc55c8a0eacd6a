from seamline import apps


class GadgetsConfig(apps.ModuleConfig):
    name = "modules.gadgets"
