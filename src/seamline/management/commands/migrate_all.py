"""`manage.py migrate_all`: make and migrate the database of every module of this deployable."""

import re
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, NotSupportedError, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from seamline import layout, shutdown, topology, versions
from seamline.databases import ownership
from seamline.databases.provision import (
    PROVISION_LOCK,
    SAY_MIGRATED_UNTIL,
    CannotProvision,
    provision,
    provision_schemas,
)
from seamline.events import subscriptions

LOOK_EVERY = 1.0
LACKS_EXTENSION = re.compile(r'extension "[^"]+" is not available')


class Command(BaseCommand):
    help = (
        "Make the database and role of every module where they do not exist, and migrate them all.\n"
        "Example: manage.py migrate_all"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--wait",
            type=float,
            metavar="SECONDS",
            help="change nothing; wait until another process has done it, and end with 1 if that takes longer",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["wait"] is not None:
            self.wait(options["wait"])
            return
        try:
            provision(settings.DATABASE_SERVER, settings.PROVISIONED)
            provision_schemas(settings.DATABASE_SERVER, settings.DATABASES[layout.DEPLOYABLE], settings.OWN_SCHEMAS)
        except CannotProvision as error:
            raise CommandError(str(error)) from None
        left = _find_left()
        schemas = {layout.alias_of(module): layout.current().schema_of(module) for module in settings.ACTIVE_MODULES}
        for alias in layout.aliases():
            if alias in left:
                self.stdout.write(f"{alias} is left to the deployable that owns it")
                continue
            if options["verbosity"]:
                self.stdout.write(f"migrating {alias} …")
            _migrate(alias, schemas.get(alias, layout.DEFAULT_SCHEMA))
        here = [module for module in settings.ACTIVE_MODULES if layout.alias_of(module) not in left]
        for module in here:
            subscriptions.expect(module)
        for announcement in subscriptions.announcements():
            if announcement.publisher in here:
                subscriptions.announce(announcement)

    def wait(self, seconds: float) -> None:
        shutdown.install()
        deadline = time.monotonic() + seconds
        while behind := [alias for alias in layout.aliases() if alias not in _find_left() and not _is_migrated(alias)]:
            shutdown.exit_if_requested()
            names = ", ".join(behind)
            if time.monotonic() > deadline:
                raise CommandError(f"not migrated after {seconds:g} seconds: {names}; run manage.py migrate_all")
            self.stdout.write(f"waiting for the migration of {names} …")
            self.stdout.flush()
            time.sleep(LOOK_EVERY)


def _find_left() -> set[str]:
    """Find out whose databases another deployable owns, which migrates them. Raises `CommandError`."""
    ownership.refresh_known(settings.ACTIVE_MODULES)
    try:
        ownership.refuse_disagreeing(settings.ACTIVE_MODULES)
    except ownership.Disagreement as disagreement:
        raise CommandError(str(disagreement)) from None
    return ownership.aliases_left()


def _migrate(alias: str, schema: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PROVISION_LOCK])
        if schema != layout.DEFAULT_SCHEMA and alias not in settings.OWN_SCHEMAS:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {connections[alias].ops.quote_name(schema)}")
        cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
        [[new]] = cursor.fetchall()
        try:
            _refuse_later(alias)
            _refuse_on_the_move(alias)
            call_command("migrate", database=alias, verbosity=0, interactive=False, skip_checks=True)
            if new:
                cursor.execute(SAY_MIGRATED_UNTIL)
        except NotSupportedError as error:
            if not (lacking := LACKS_EXTENSION.search(str(error))):
                raise
            remedy = "name a server that has it, or can have it, with DATABASE_URL"
            raise CommandError(f"{lacking[0]} on this PostgreSQL server: {remedy}") from None
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [PROVISION_LOCK])


def _refuse_later(alias: str) -> None:
    applied = MigrationRecorder(connections[alias]).applied_migrations()
    try:
        versions.refuse_later([name for app, name in applied if app == "seamline"])
    except versions.Unmet as unmet:
        raise CommandError(f"{alias}: {unmet}") from None


def _refuse_on_the_move(alias: str) -> None:
    """Change no table of a module whose move is not finished: who is at its other end knows them as they are."""
    owners = topology.current().owners
    moving = [module for module in settings.ACTIVE_MODULES if layout.alias_of(module) == alias and module in owners]
    if moving and owners[moving[0]].other:
        executor = MigrationExecutor(connections[alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError(
                f"{moving[0]} is on the move, and its tables cannot change meanwhile: finish that first "
                f"(python -m extraction move {moving[0]} --finish), after --back where it is to stay here"
            )


def _is_migrated(alias: str) -> bool:
    """Whether a database is there, and has every migration that this release knows; it may have newer ones."""
    connection = connections[alias]
    try:
        _refuse_later(alias)
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return False
    finally:
        connection.close()
