"""What a deployable's folder tells of itself: what it is called, where it answers, where its databases are."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from pathlib import Path
from typing import Any

import psycopg
import urllib3
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from extraction.data.database import Database
from extraction.processes import runner
from extraction.processes.errors import InvalidArgument, Refused
from seamline.development.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from seamline.work.wakeups import CHANNEL

TIMEOUT_SECONDS = 5.0
EMBEDDED = Path("var/postgres")
"""In a deployable's folder: the server that comes with it."""
QUESTION = """
import hashlib, hmac, json, os, sys
from seamline.runtime import startup
startup.load()
from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import FileField
from psycopg import pq
from seamline.encryption import cipher
[module] = sys.argv[1:]
if module not in settings.ACTIVE_MODULES:
    sys.exit(f"error: the module {module} is not part of it")
known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
def parameters(alias):
    asked = connections[alias].get_connection_params()
    return {name: str(value) for name, value in asked.items() if name in known and value is not None}
alias = settings.LAYOUT.alias_of(module)
models = apps.get_app_config(module).get_models(include_auto_created=True)
fields = [field for model in models for field in model._meta.local_fields if isinstance(field, FileField)]
host = getattr(settings, "HOST", "127.0.0.1")
print(json.dumps({
    "name": settings.SERVICE_NAME,
    "address": f"http://{f'[{host}]' if ':' in host else host}:{getattr(settings, 'PORT', 8000)}",
    "development": settings.DEVELOPMENT,
    "gateway": settings.GATEWAY_URL,
    "url": settings.MODULE_URLS.get(module),
    "server": settings.DATABASE_SERVER.url,
    "embedded": settings.DEVELOPMENT and not os.environ.get("DATABASE_URL"),
    "provisioned": alias in settings.PROVISIONED,
    "data": settings.ACTIVE_MODULES[module].data.value,
    "database": parameters(alias),
    "own": parameters("default"),
    "migrations": sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations
        if app in (module, "seamline")),
    "key": hmac.new(settings.SECRET_KEY.encode(), b"is it the same?", hashlib.sha256).hexdigest(),
    "data_keys": [key.id for key in cipher.keys()],
    "media": os.path.abspath(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None,
    "files": [(field.model._meta.db_table, field.column) for field in fields
        if isinstance(field.storage, FileSystemStorage)
        and str(field.storage.base_location) == str(settings.MEDIA_ROOT)],
}))
"""
"""Asked in the folder, by a process of its own, because what it has to say is in its code."""


@dataclass(frozen=True)
class Deployable:
    """One that has a module's code."""

    folder: Path
    module: str
    told: dict[str, Any] = field(repr=False)
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    """In which it is asked."""

    @property
    def name(self) -> str:
        """Return its SERVICE_NAME."""
        return str(self.told["name"])

    @property
    def role(self) -> str:
        """Return the role by which it logs in to the module's database."""
        return str(self.told["database"]["user"])

    @property
    def database(self) -> Database:
        """Return the module's database, as it logs in there."""
        media = Path(self.told["media"]) if self.told["media"] else None
        return Database(self.told["database"], media, tuple((table, column) for table, column in self.told["files"]))

    @property
    def place(self) -> tuple[str, str, str]:
        """Return server, port and name of the module's database."""
        found = self.told["database"]
        return found.get("host", ""), found.get("port", "5432"), found["dbname"]

    @property
    def has_embedded(self) -> bool:
        """Tell whether it has ever had a server of its own."""
        return (self.folder / EMBEDDED).exists()

    @property
    def server(self) -> dict[str, str]:
        """Return how the administrator of its server logs in: DATABASE_URL."""
        return _parse(self.told["server"])

    def admin_database(self) -> Database:
        """Return the module's database, as its server's administrator logs in."""
        return Database({**self.server, "dbname": self.told["database"]["dbname"]})

    def migrate(self) -> None:
        """Make its databases, and migrate them. Raises `Refused`."""
        problem = f"the databases of {self.folder} cannot be made"
        runner.ask(self.folder, problem, "manage.py", "migrate_all", settings=self.environment, timeout=inf)

    def wake(self) -> None:
        """Tell its processes, where its own database answers; they find out by themselves, a little later, too."""
        try:
            login = make_conninfo("", **{**self.told["own"], "connect_timeout": "2"})
            with psycopg.connect(login, autocommit=True) as connection:
                connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, self.module])
        except psycopg.Error:
            pass


@contextmanager
def at(folder: Path, own: Path, module: str, *, make: bool = False) -> Iterator[Deployable]:
    """Ask a folder; its embedded server runs until the end of the block, made where there is none if that is wanted.

    Raises `InvalidArgument` and `Refused`.
    """
    if not (folder / "manage.py").is_file():
        raise InvalidArgument(f"{str(folder)!r} is not a folder with a manage.py")
    settings = dict(os.environ) if folder == own else {}
    settings["PYTHONPATH"] = runner.import_path(folder)
    problem = f"{folder} does not tell where {module} is"
    told = json.loads(runner.ask(folder, problem, "-c", QUESTION, module, settings=settings))
    with ExitStack() as stack:
        found = Deployable(folder, module, told, settings)
        if told["embedded"] and (found.has_embedded or (make and told["provisioned"])):
            try:
                stack.enter_context(EmbeddedPostgres(folder / EMBEDDED).running())
            except EmbeddedPostgresError as error:
                raise Refused(str(error)) from None
        yield found


def health(address: str) -> dict[str, Any] | None:
    """Ask a deployable how it is; None where it does not answer as one."""
    try:
        answer = urllib3.request("GET", f"{address}/health", timeout=TIMEOUT_SECONDS, retries=False)
        told: dict[str, Any] = answer.json() if answer.status == HTTPStatus.OK else {}
    except (urllib3.exceptions.HTTPError, ValueError):
        return None
    return told if isinstance(told, dict) and "service" in told else None


def _parse(url: str) -> dict[str, str]:
    try:
        found = conninfo_to_dict(url)
    except psycopg.Error:  # what it says has the password in it
        raise Refused("DATABASE_URL is no address of a PostgreSQL server") from None
    return {name: str(value) for name, value in found.items() if value is not None}
