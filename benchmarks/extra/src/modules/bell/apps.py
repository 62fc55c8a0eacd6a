from seamline import apps


class BellConfig(apps.ModuleConfig):
    name = "modules.bell"
