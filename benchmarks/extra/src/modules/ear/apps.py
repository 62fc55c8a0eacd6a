from seamline import apps


class EarConfig(apps.ModuleConfig):
    name = "modules.ear"
