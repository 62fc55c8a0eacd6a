from seamline import apps, topology


class PaymentsConfig(apps.ModuleConfig):
    name = "modules.payments"

    def ready(self) -> None:
        super().ready()
        if topology.current().is_here(self.label):
            from modules.payments import providers

            providers.check_settings()
