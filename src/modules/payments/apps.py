from kernel import apps


class PaymentsConfig(apps.ModuleConfig):
    name = "modules.payments"
