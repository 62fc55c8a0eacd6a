"""`manage.py migrate_all`: make and migrate the database of every module of this deployable."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from kernel.databases.provision import CannotProvision, provision
from kernel.events import subscriptions


class Command(BaseCommand):
    help = (
        "Make the database and role of every module where they do not exist, and migrate them all.\n"
        "Example: manage.py migrate_all"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            provision(settings.DATABASE_SERVER, settings.PROVISIONED)
        except CannotProvision as error:
            raise CommandError(str(error)) from None
        for alias in settings.DATABASES:
            self.stdout.write(f"migrating {alias} …")
            call_command("migrate", database=alias, verbosity=0, interactive=False, skip_checks=True)
        for announcement in subscriptions.announcements():
            if announcement.publisher in settings.ACTIVE_MODULES:
                subscriptions.announce(announcement)
