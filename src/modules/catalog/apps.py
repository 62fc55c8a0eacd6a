from seamline import apps


class CatalogConfig(apps.ModuleConfig):
    name = "modules.catalog"
