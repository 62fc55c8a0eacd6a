from kernel import apps


class NotificationsConfig(apps.ModuleConfig):
    name = "modules.notifications"
