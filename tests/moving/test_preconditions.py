"""What is in the way of a move is said before anything begins, with what to do."""

from pathlib import Path
from typing import Any

import pytest

from extraction.moving import preconditions
from extraction.moving.deployables import Deployable
from extraction.processes.errors import Refused
from tests.moving.conftest import MODULE, Shared

DATABASE = {"host": "/tmp/x", "port": "5432", "dbname": "seam_parcels"}


def deployable(name: str, role: str, /, **told: Any) -> Deployable:
    known = {"name": name, "data": "database", "url": None, "database": {**DATABASE, "user": role}}
    same = {"key": "k", "data_keys": ["a1"], "migrations": [], "media": None, "files": []}
    return Deployable(Path(name), MODULE, known | same | told)


def sides(service: dict[str, Any], home: dict[str, Any]) -> tuple[Deployable, Deployable]:
    return deployable("seam", "seam_parcels", **home), deployable("parcels-service", "svc", **service)


def test_two_that_fit_are_not_refused() -> None:
    preconditions.refuse_unfit(*sides({}, {}))


@pytest.mark.parametrize(
    ("service", "home", "says"),
    [
        ({}, {"data": "shared"}, "in a database that others share: give it one of its own first"),
        ({}, {"url": "http://x"}, "PARCELS_URL is set here, so parcels is placed by that: unset it first"),
        ({"name": "seam"}, {}, "both are called seam: give the service another SERVICE_NAME"),
        (
            {"database": {**DATABASE, "dbname": "other", "user": "svc"}},
            {},
            r"Set PARCELS_DATABASE_URL for parcels-service .* postgresql://USER:PASSWORD@/seam_parcels\?host=/tmp/x&port=5432",
        ),
        (
            {"database": {**DATABASE, "host": "db1", "dbname": "other", "user": "svc"}},
            {"database": {**DATABASE, "host": "db1", "user": "seam_parcels"}},
            r"USER:PASSWORD@db1:5432/seam_parcels; or name a database of another server",
        ),
        ({"database": {**DATABASE, "user": "seam_parcels"}}, {}, "both log in as seam_parcels"),
        ({"key": "other"}, {}, "the SECRET_KEYs differ"),
        (
            {"data_keys": ["b2", "a1"]},
            {"data_keys": ["a1"]},
            "seam lacks a key of parcels-service",
        ),
        ({"data_keys": []}, {"data_keys": ["a1"]}, r"parcels-service lacks a key of seam's PERSONAL_DATA_KEYS \(a1\)"),
    ],
)
def test_two_that_do_not_are_told_what_to_set(service: dict[str, Any], home: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        preconditions.refuse_unfit(*sides(service, home))


def test_on_another_server_both_may_log_in_alike_and_its_administrator_is_asked_for() -> None:
    there = {
        "database": {**DATABASE, "host": "db2", "user": "seam_parcels"},
        "server": "postgresql://admin@db2/postgres",
    }
    home, service = sides(there, {})
    preconditions.refuse_unfit(home, service)
    preconditions.refuse_other_server(service)
    service.told["server"] = "postgresql://admin@db1/postgres"
    with pytest.raises(Refused, match="and DATABASE_URL names another server: have it name that one"):
        preconditions.refuse_other_server(service)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("SELECT", ""),
        ("CREATE UNLOGGED TABLE quick (id int PRIMARY KEY)", "quick in here is unlogged, and is in no stream"),
        ("CREATE TABLE bare (id int)", "bare in here has nothing to tell its rows by: give it a primary key"),
        ("CREATE TABLE late (id int PRIMARY KEY DEFERRABLE)", "late in here has nothing to tell its rows by"),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER twice"
            " AFTER INSERT ON big FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE big ENABLE ALWAYS TRIGGER twice",
            "the trigger twice of big in here fires for what is streamed too",
        ),
    ],
)
def test_what_no_stream_carries_is_refused(shared: Shared, statement: str, says: str) -> None:
    shared.admin.execute(statement)
    if not says:
        preconditions.refuse_unfollowed(shared.admin, "here")
        return
    with pytest.raises(Refused, match=says):
        preconditions.refuse_unfollowed(shared.admin, "here")


def test_who_may_not_replicate_cannot_begin(shared: Shared) -> None:
    with pytest.raises(Refused, match="may not replicate on the server of here: grant it REPLICATION, CREATEROLE and"):
        preconditions.refuse_unfollowed(shared.login(shared.old), "here")


def ready(shared: Shared, **told: Any) -> tuple[Deployable, Deployable]:
    applied = shared.admin.execute("SELECT app, name FROM django_migrations WHERE app IN ('parcels', 'seamline')")
    migrations = [f"{app}.{name}" for app, name in applied]
    database = {"dbname": shared.name}
    return (
        deployable("seam", shared.old.role, migrations=migrations, database={**database, "user": shared.old.role}),
        deployable(
            "parcels-service",
            shared.new.role,
            **{"migrations": migrations, "database": {**database, "user": shared.new.role}} | told,
        ),
    )


def test_a_database_that_is_ready_is_not_refused(shared: Shared) -> None:
    preconditions.refuse_unready(shared.admin, *ready(shared))


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("SELECT lo_create(0)", "large objects"),
        ("ALTER TABLE big ENABLE ROW LEVEL SECURITY", "big has row level security"),
        ("CREATE FUNCTION past() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", r"past\(\) is SECURITY DEF"),
        ("CREATE TABLE alien (id int)", "alien belongs to postgres, not to"),
        (
            "CREATE FOREIGN DATA WRAPPER none; CREATE SERVER far FOREIGN DATA WRAPPER none;"
            "CREATE FOREIGN TABLE away (id int) SERVER far",
            "away is a foreign table",
        ),
    ],
)
def test_what_no_fence_guards_is_refused(shared: Shared, statement: str, says: str) -> None:
    shared.admin.execute(statement)
    with pytest.raises(Refused, match=says):
        preconditions.refuse_unready(shared.admin, *ready(shared))


def test_both_have_to_know_the_tables_as_they_are(shared: Shared) -> None:
    home, service = ready(shared)
    service.told["migrations"] = [*home.told["migrations"][1:]]
    with pytest.raises(Refused, match="is not known to parcels-service: have both at one version"):
        preconditions.refuse_unready(shared.admin, home, service)
    service.told["migrations"] = [*home.told["migrations"], "parcels.9999_more"]
    with pytest.raises(Refused, match=r"the migration parcels\.9999_more is not applied"):
        preconditions.refuse_unready(shared.admin, home, service)


def test_a_superuser_is_no_side_of_it(shared: Shared) -> None:
    home, service = ready(shared, database={"dbname": shared.name, "user": "postgres"})
    with pytest.raises(Refused, match="postgres is a superuser, whom nothing is refused"):
        preconditions.refuse_unready(shared.admin, home, service)


def test_who_may_not_make_roles_cannot_begin(shared: Shared) -> None:
    with pytest.raises(Refused, match="may not make roles: grant it CREATEROLE"):
        preconditions.refuse_unready(shared.login(shared.old), *ready(shared))
