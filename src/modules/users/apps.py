from kernel import apps


class UsersConfig(apps.ModuleConfig):
    name = "modules.users"
