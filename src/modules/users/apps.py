from seamline import apps


class UsersConfig(apps.ModuleConfig):
    name = "modules.users"
