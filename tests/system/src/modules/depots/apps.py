from seamline import apps


class DepotsConfig(apps.ModuleConfig):
    name = "modules.depots"
