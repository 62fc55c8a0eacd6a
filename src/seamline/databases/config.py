"""Where each module's database is, worked out from the environment."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import environ

from seamline.layout import DEFAULT_SCHEMA, Layout
from seamline.setting_errors import invalid_setting, without_secrets

DEPLOYABLE = "default"
"""Alias of the database that belongs to the deployable itself: operators, sessions, admin log."""

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

    def database(self, alias: str) -> str:
        """Name an alias's database, and its role."""
        return f"{self.prefix}_{alias}"

    def password(self, alias: str) -> str:
        """Derive the password of an alias's role, so that every process of the deployable knows it without a store."""
        return hmac.new(self.secret.encode(), f"role:{self.database(alias)}".encode(), hashlib.sha256).hexdigest()

    def settings(self, alias: str) -> dict[str, Any]:
        """Make Django's settings for the database of an alias, logged in as the module's own role."""
        name = self.database(alias)
        return {**_parse_url("DATABASE_URL", self.url), "NAME": name, "USER": name, "PASSWORD": self.password(alias)}


def databases(
    server: Server, modules: Iterable[str], environment: Mapping[str, str], prepare: bool, layout: Layout
) -> tuple[dict[str, Any], frozenset[str]]:
    """Make Django's DATABASES, and name the aliases Seam makes itself: those with no `<MODULE>_DATABASE_URL`.

    `prepare` says whether statements are prepared by the server.

    Raises `ImproperlyConfigured` for an address that is none.
    """
    schemas = {layout.alias_of(module): layout.schema_of(module) for module in modules}
    names = {alias: f"{alias.upper()}_DATABASE_URL" for alias in (DEPLOYABLE, *schemas)}
    elsewhere = {alias: _parse_url(name, environment[name]) for alias, name in names.items() if environment.get(name)}
    found = {
        alias: _tune(elsewhere.get(alias) or server.settings(alias), alias, prepare, schemas.get(alias, DEFAULT_SCHEMA))
        for alias in names
    }
    return found, frozenset(names.keys() - elsewhere.keys())


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
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | database.get("OPTIONS", {}),
    }
