from seamline import apps


class ParcelsConfig(apps.ModuleConfig):
    name = "shop.parts.parcels"
