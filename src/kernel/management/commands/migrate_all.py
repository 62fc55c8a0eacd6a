"""`manage.py migrate_all`: make and migrate the database of every module of this deployable."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from kernel.databases.provision import LOCK, CannotProvision, provision
from kernel.events import subscriptions


def _migrate(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            call_command("migrate", database=alias, verbosity=0, interactive=False, skip_checks=True)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


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
            if options["verbosity"]:
                self.stdout.write(f"migrating {alias} …")
            _migrate(alias)
        for module in settings.ACTIVE_MODULES:
            subscriptions.expect(module)
        for announcement in subscriptions.announcements():
            if announcement.publisher in settings.ACTIVE_MODULES:
                subscriptions.announce(announcement)
