from seamline import apps


class LampsConfig(apps.ModuleConfig):
    name = "modules.lamps"
