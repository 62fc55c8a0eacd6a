"""`manage.py shell`: Django's, with the contracts at hand."""

from django.core.management.commands import shell

from seamline.module import known


class Command(shell.Command):
    help = (
        f"{shell.Command.help} All contracts are there, and `call`: call(Parcels).parcel(…) asks the module, wherever "
        "it lives."
    )

    def get_auto_imports(self) -> list[str]:
        """Name what is imported: models, as Django does it, and what the modules serve."""
        served = (contract for module in known().values() for contract in module.serves)
        contracts = [f"{contract.__module__}.{contract.__qualname__}" for contract in served]
        return [*(super().get_auto_imports() or ()), "seamline.calls.call", *contracts]
