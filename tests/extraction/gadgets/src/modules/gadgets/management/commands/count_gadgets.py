from typing import Any

from django.core.management.base import BaseCommand

from modules.gadgets.models import Gadget


class Command(BaseCommand):
    help = "Say how many gadgets there are. Example: manage.py count_gadgets"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"gadgets: {Gadget.objects.count()}")
