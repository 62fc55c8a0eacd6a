"""Django's view of the room: a deployable has it where a module of its own issues tokens."""

from django.apps import AppConfig

from seamline import topology
from seamline.module import active


class AccountsConfig(AppConfig):
    """Check, where tokens are issued, that they can be."""

    name = "seamline.accounts"
    label = "seamline_accounts"

    def ready(self) -> None:
        from seamline.accounts import tokens

        for module in active().values():
            if self.name in module.apps and topology.current().is_here(module.name):
                tokens.check_settings(module.name)
