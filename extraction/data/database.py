"""Where a module's database is: at an address, or where the settings of a deployable's folder have it."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from extraction.processes import runner
from extraction.processes.errors import InvalidArgument, Refused
from seamline.databases.config import SCHEMES
from seamline.development.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

Connection = psycopg.Connection[tuple[Any, ...]]

EXPECTED = "a folder with a manage.py, or an address such as postgresql://user:password@host:5432/database"
APPLICATION = "seam-extraction"
"""What our connections call themselves; a deployable's are `seam:<module>`."""
_SESSION = """
    SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '10s';
    SET client_encoding = 'UTF8'; SET row_security = off;
    SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1;
    SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET xmlbinary = 'base64'
"""
"""Without limits of time, and with values that are the same as text in both databases."""
QUESTION = """
import json, os, sys
from seamline.runtime import startup
startup.load()
from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connections
from django.db.models import FileField
from psycopg import pq
[module] = sys.argv[1:]
if module not in settings.ACTIVE_MODULES:
    sys.exit(f"error: the module {module} is not part of it")
known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
asked = connections[module].get_connection_params()
embedded = settings.DEVELOPMENT and not os.environ.get("DATABASE_URL") and module in settings.PROVISIONED
wanted = {name: str(value) for name, value in asked.items() if name in known and value is not None}
media = os.path.abspath(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None
models = apps.get_app_config(module).get_models(include_auto_created=True)
fields = [field for model in models for field in model._meta.local_fields if isinstance(field, FileField)]
files = [
    (field.model._meta.db_table, field.column)
    for field in fields
    if isinstance(field.storage, FileSystemStorage)
    and str(field.storage.base_location) == str(settings.MEDIA_ROOT)
]
print(json.dumps({"embedded": embedded, "parameters": wanted, "media": media, "files": files}))
"""
"""Asked in the folder, by a process of its own, because what it has to say is in its code."""


@dataclass(frozen=True)
class Database:
    """A database, with what it takes to log in to it."""

    parameters: dict[str, str] = field(repr=False)
    media: Path | None = None
    """The folder of the files that its rows name, where it is known."""
    file_columns: tuple[tuple[str, str], ...] = ()
    """Tables and columns that name them."""

    def connect(self) -> Connection:
        """A connection of our own, on which every statement is by itself. Raises `Refused`."""
        try:
            own = {"connect_timeout": "10", **self.parameters, "application_name": APPLICATION}
            connection = psycopg.connect(make_conninfo("", **own), autocommit=True)
        except psycopg.Error as error:
            remedy = "correct the address, or start and migrate it first"
            raise Refused(f"{self} cannot be opened: {first_line(error)}; {remedy}") from None
        connection.execute(_SESSION)
        return connection

    def __str__(self) -> str:
        """The database's name and server; neither user nor password."""
        host, port = self.parameters.get("host"), self.parameters.get("port", "5432")
        server = host if host and host.startswith("/") else f"{host}:{port}"
        return f"{self.parameters['dbname']} on {server if host else 'this machine'}"


@contextmanager
def open_database(
    where: str, module: str, own: Path, say: Callable[[str], None], *, migrate: bool = False
) -> Iterator[Database]:
    """The module's database at an address or of a folder, whose embedded server runs until the end of the block.

    `own` is the repository that this shell's environment is meant for; any other folder is asked without. Raises
    `InvalidArgument` and `Refused`.
    """
    if "://" in where:
        yield _from_url(where)
        return
    folder = Path(where).resolve()
    if not (folder / "manage.py").is_file():
        raise InvalidArgument(f"{where!r} is not {EXPECTED}")
    settings = dict(os.environ) if folder == own else {}
    # Wherever it is asked from, it is asked of the folder.
    settings["PYTHONPATH"] = runner.import_path(folder)
    found = _ask(folder, module, settings)
    with ExitStack() as stack:
        if found["embedded"]:
            server = folder / "var" / "postgres"
            if not migrate and not server.exists():
                raise Refused(f"{folder} has no databases yet: make them there with python manage.py migrate_all")
            try:
                stack.enter_context(EmbeddedPostgres(server).running())
            except EmbeddedPostgresError as error:
                raise Refused(str(error)) from None
        if migrate:
            say(f"migrating the databases of {folder.name}")
            problem = f"the databases of {folder} cannot be made"
            runner.ask(folder, problem, "manage.py", "migrate_all", settings=settings, timeout=inf)
        media = Path(found["media"]) if found["media"] else None
        yield Database(found["parameters"], media, tuple((table, column) for table, column in found["files"]))


def first_line(error: Exception) -> str:
    """What PostgreSQL said, as part of a line. It repeats names and never passwords."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")


def _from_url(url: str) -> Database:
    try:
        if urlsplit(url).scheme in SCHEMES and "dbname" in (found := conninfo_to_dict(url)):
            return Database({name: str(value) for name, value in found.items() if value is not None})
    except (psycopg.Error, ValueError):
        pass  # what they say has the password in it
    raise InvalidArgument(f"this is not {EXPECTED}")


def _ask(folder: Path, module: str, settings: dict[str, str]) -> dict[str, Any]:
    problem = f"{folder} does not tell where the database of {module} is"
    answer: dict[str, Any] = json.loads(runner.ask(folder, problem, "-c", QUESTION, module, settings=settings))
    return answer
