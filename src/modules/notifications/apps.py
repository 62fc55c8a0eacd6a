from seamline import apps


class NotificationsConfig(apps.ModuleConfig):
    name = "modules.notifications"
