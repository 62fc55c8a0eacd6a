"""`manage.py load_demo`: example data for trying things out."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from seamline import demo


class Command(BaseCommand):
    help = "Load each module's example data, once, and an operator for the admin. Development only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("demo data is for development")
        for module in demo.load():
            self.stdout.write(f"demo data loaded: {module}")
