from kernel import apps


class EarConfig(apps.ModuleConfig):
    name = "modules.ear"
