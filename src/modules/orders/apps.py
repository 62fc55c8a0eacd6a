from kernel import apps


class OrdersConfig(apps.ModuleConfig):
    name = "modules.orders"
