"""Where each module's database is, worked out from the environment."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import environ

from seamline.layout import DEFAULT_SCHEMA, DEPLOYABLE, Layout
from seamline.module import Data, Module
from seamline.setting_errors import invalid_setting, without_secrets

ENGINE = "seamline.databases.backend"
PREPARE_THRESHOLD = 5
"""Executions on a connection, after which a statement is planned for good: psycopg's "Prepared statements"."""
CONNECT_TIMEOUT_SECONDS = 5
"""Seconds to wait for a server; a request whose deadline is nearer waits no longer than that."""
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""After how many seconds (milliseconds, the last) a connection to a host that is gone is given up."""
SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that Seam makes databases and roles on."""

    url: str
    prefix: str
    """First word of every database and role made there."""
    secret: str
    """What role passwords are derived from."""
    base: Mapping[str, Any] | None = None
    """The project's own settings of its common database, where it was there before: they say where the server is."""

    def database(self, alias: str) -> str:
        """Name an alias's database, and its role."""
        return f"{self.prefix}_{alias}"

    def password(self, alias: str) -> str:
        """Derive the password of an alias's role, so that every process of the deployable knows it without a store."""
        return hmac.new(self.secret.encode(), f"role:{self.database(alias)}".encode(), hashlib.sha256).hexdigest()

    def settings(self, alias: str) -> dict[str, Any]:
        """Make Django's settings for the database of an alias, logged in as the module's own role."""
        return {**self.role(alias), "NAME": self.database(alias)}

    def role(self, alias: str) -> dict[str, Any]:
        """Make Django's settings for the common database, logged in as the module's own role."""
        base = self.base or {**_parse_url("DATABASE_URL", self.url), "NAME": self.database(DEPLOYABLE)}
        return {**base, "USER": self.database(alias), "PASSWORD": self.password(alias)}


@dataclass(frozen=True, slots=True)
class Databases:
    """Django's DATABASES, and what of it is ours to make."""

    settings: dict[str, Any]
    provisioned: frozenset[str]
    """Aliases whose database and role are made on the server: those with no `<MODULE>_DATABASE_URL`."""
    schemas: Mapping[str, str]
    """Schemas of the common database that are made with a role of their own, by alias."""


def databases(
    server: Server, modules: Mapping[str, Module], environment: Mapping[str, str], prepare: bool, layout: Layout
) -> Databases:
    """Work out where the tables of the modules are, and the deployable's own where the project does not say it.

    `prepare` says whether statements are prepared by the server.

    Raises `ImproperlyConfigured` for an address that is none.
    """
    schemas = {layout.alias_of(name): layout.schema_of(name) for name in modules}
    within = {layout.alias_of(name) for name, module in modules.items() if module.data is Data.SCHEMA}
    aliases = [alias for alias in dict.fromkeys((DEPLOYABLE, *schemas)) if alias != DEPLOYABLE or server.base is None]
    names = {alias: f"{alias.upper()}_DATABASE_URL" for alias in aliases}
    elsewhere = {alias: _parse_url(name, environment[name]) for alias, name in names.items() if environment.get(name)}
    made = {alias: server.role(alias) if alias in within else server.settings(alias) for alias in names}
    found = {
        alias: _tune(elsewhere.get(alias) or made[alias], alias, prepare, schemas.get(alias, DEFAULT_SCHEMA))
        for alias in names
    }
    return Databases(
        found,
        frozenset(names.keys() - elsewhere.keys() - within),
        {alias: schemas[alias] for alias in sorted(within - elsewhere.keys())},
    )


def _parse_url(name: str, url: str) -> dict[str, Any]:
    try:
        if urlsplit(url).scheme in SCHEMES:
            return dict(environ.Env.db_url_config(url))
    except ValueError:
        pass  # a port that is none, say
    expected = "the address of a PostgreSQL server, such as postgresql://user:password@host:5432/postgres"
    raise invalid_setting(name, without_secrets(url), expected)


def _tune(database: dict[str, Any], alias: str, prepare: bool, schema: str) -> dict[str, Any]:
    options = {
        "application_name": f"seam:{alias}",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        **KEEPALIVE,
        **({} if schema == DEFAULT_SCHEMA else {"options": f"-c search_path={schema}"}),
        "server_side_binding": prepare,
        "prepare_threshold": PREPARE_THRESHOLD if prepare else None,
    }
    return {
        **database,
        "ENGINE": ENGINE,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | database.get("OPTIONS", {}),
    }
