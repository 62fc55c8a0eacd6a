from seamline import apps, topology


class OrdersConfig(apps.ModuleConfig):
    name = "modules.orders"

    def ready(self) -> None:
        super().ready()
        if topology.current().is_here(self.label):
            from modules.orders import limits

            limits.check_settings()
