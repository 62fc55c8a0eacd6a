from seamline import apps, topology


class UsersConfig(apps.ModuleConfig):
    name = "modules.users"

    def ready(self) -> None:
        super().ready()
        if topology.current().is_here(self.label):
            from modules.users import tokens

            tokens.check_settings()
