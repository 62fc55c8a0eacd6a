from seamline import apps


class ParcelsConfig(apps.ModuleConfig):
    name = "modules.parcels"
