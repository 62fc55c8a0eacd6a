"""`manage.py load_demo`: example data for trying things out, each module's from its `demo.py`."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from kernel import topology
from kernel.context import working_for
from kernel.module import active

OPERATOR = "admin"
PASSWORD = "demo-password"  # noqa: S105  development only, and said so wherever it is printed


class Command(BaseCommand):
    help = "Load each module's example data, once, and an operator for the admin. Development only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("demo data is for development; unset ENVIRONMENT to load it")
        operators = get_user_model().objects
        if not operators.filter(username=OPERATOR).exists():
            operators.create_superuser(OPERATOR, "admin@example.com", PASSWORD)
        for module in active().values():
            if topology.current().is_here(module.name):
                self._load(module.name)

    def _load(self, name: str) -> None:
        try:
            demo = active()[name].room("demo")
        except ModuleNotFoundError as error:
            if error.name != f"modules.{name}.demo":
                raise
            return
        with working_for(name):
            if demo.load():
                self.stdout.write(f"demo data loaded: {name}")
