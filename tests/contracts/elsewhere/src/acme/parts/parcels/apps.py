from seamline import apps


class ParcelsConfig(apps.ModuleConfig):
    name = "acme.parts.parcels"
