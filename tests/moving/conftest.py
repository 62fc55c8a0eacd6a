"""A module's database that two roles share, of which one may write."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from extraction.data.database import Connection
from extraction.moving import fence, roles, row
from extraction.moving.row import Row, Side, Step

MODULE = "parcels"
_numbers = count()


@dataclass
class Shared:
    """A database whose tables belong to the role between; `old` writes, and `new` reads."""

    admin: Connection
    url: str
    name: str
    old: Side
    new: Side
    password: str

    @property
    def server(self) -> str:
        """The server, as its administrator logs in."""
        return make_conninfo(self.url, dbname="postgres")

    def login(self, side: Side, autocommit: bool = True) -> Connection:
        password = self.password if side == self.old else "secret"
        login = make_conninfo(self.url, user=side.role, password=password)
        return psycopg.connect(login, autocommit=autocommit)

    def row(self) -> Row:
        found = row.read(self.admin, MODULE)
        assert found
        return found

    def swap(self, patience: float = 30.0) -> Row:
        before = self.row()
        step = Step.MOVED if before.owner == self.old else Step.RETURNED
        return fence.change_owner(self.admin, MODULE, before, step, patience).row


@pytest.fixture
def shared(django_db_setup: None) -> Iterator[Shared]:
    from django.conf import settings
    from django.db import connections

    server, number = settings.DATABASE_SERVER, next(_numbers)
    name, template = f"moving_{os.getpid()}_{number}", server.database(MODULE)
    connections.close_all()
    url = make_conninfo(server.url, dbname=name)
    with psycopg.connect(server.url, autocommit=True) as outside:
        outside.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*map(sql.Identifier, (name, template, template)))
        )
        old = Side("seam", "http://old", template)
        new = Side("parcels-service", "http://new", f"new_{os.getpid()}_{number}")
        try:
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(SCHEMA)
                for what in ("TABLE big", "TABLE small", "TYPE mood", "DOMAIN positive", "FUNCTION one()"):
                    admin.execute(f"ALTER {what} OWNER TO {template}")
                roles.let_in(admin, name, new.role, "secret")
                roles.part(admin, name, old.role)
                row.write(admin, MODULE, Row(1, old, new, Step.PREPARED), 0)
                yield Shared(admin, url, name, old, new, server.password(MODULE))
        finally:
            outside.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            for role in (new.role, roles.role_of_tables(name)):
                outside.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


SCHEMA = """
    CREATE TABLE big (id serial PRIMARY KEY, n int NOT NULL DEFAULT 0);
    CREATE TABLE small (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, big int REFERENCES big);
    CREATE TYPE mood AS ENUM ('fine'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    INSERT INTO big (n) VALUES (0), (0);
"""
