"""What has to hold before a module moves; where it does not, nothing is begun."""

from extraction.data import schema
from extraction.data.database import Connection
from extraction.data.schema import RUNTIME
from extraction.moving import relations, roles
from extraction.moving.deployables import Deployable
from extraction.moving.relations import FOREIGN, Relations
from extraction.processes.errors import Refused

_MAY_MAKE_ROLES = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = %s"
_HIDDEN = "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND oid::bigint = ANY(%s) ORDER BY 1 LIMIT 1"
_AS_OWNER = """
    SELECT c.oid::regprocedure::text FROM pg_proc AS c JOIN pg_namespace AS n ON n.oid = pronamespace
    WHERE prosecdef AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = c.oid AND deptype = 'e')
    ORDER BY 1 LIMIT 1
"""
_PREPARED = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() LIMIT 1"


def refuse_unfit(home: Deployable, service: Deployable) -> None:
    """Make sure that these two may share the module's database. Raises `Refused`."""
    module = home.module
    setting = f"{module.upper()}_DATABASE_URL"
    if home.told["data"] != "database":
        raise Refused(f"the tables of {module} are in a database that others share: give it one of its own first")
    if home.told["url"]:
        raise Refused(f"{module.upper()}_URL is set here, so {module} is placed by that: unset it first")
    if home.name == service.name:
        raise Refused(f"both are called {home.name}: give the service another SERVICE_NAME")
    if home.place != service.place:
        raise Refused(
            f"{service.name} has {module} in {service.database}, and here it is in {home.database}: a module moves "
            f"while it runs within one server, where its database stays what it is. Set {setting} for {service.name} "
            f"to that database, with a user and a password of its own: {_address(home)}; or copy the data with the "
            f"writers stopped: python -m extraction data copy {module}"
        )
    if home.role == service.role:
        raise Refused(f"both log in as {home.role}, and a fence is between roles: give {setting} a user of its own")
    if home.told["key"] != service.told["key"]:
        raise Refused(
            "the SECRET_KEYs differ, so requests that are sent again would not be known there: give the service the "
            "monolith's"
        )


def _address(home: Deployable) -> str:
    """Write the address of a module's database for another user."""
    host, port, name = home.place
    if host.startswith("/"):
        return f"postgresql://USER:PASSWORD@/{name}?host={host}&port={port}"
    return f"postgresql://USER:PASSWORD@{host}:{port}/{name}"


def refuse_unready(connection: Connection, home: Deployable, service: Deployable) -> None:
    """Make sure that all of the database is fenced by what writing is granted. Raises `Refused`."""
    module, found = home.module, relations.find(connection)
    [[may]] = connection.execute(_MAY_MAKE_ROLES)
    if not may:
        raise Refused("the user of DATABASE_URL may not make roles: grant it CREATEROLE")
    for side in (home, service):
        if connection.execute(_IS_SUPERUSER, [side.role]).fetchone() == (True,):
            raise Refused(f"{side.role} is a superuser, whom nothing is refused: let {side.name} log in as another")
    if number := schema.large_objects(connection):
        raise Refused(f"the database has large objects ({number:,}), which no fence guards: keep them elsewhere first")
    _refuse_unfenced(connection, found, home)
    applied = {
        f"{app}.{name}"
        for app, name in connection.execute("SELECT app, name FROM django_migrations")
        if app in (module, RUNTIME)
    }
    for side in (home, service):
        if unlike := sorted(applied ^ set(side.told["migrations"])):
            which = "is not applied" if unlike[0] not in applied else f"is not known to {side.name}"
            raise Refused(f"the migration {unlike[0]} {which}: have both at one version, and migrated, first")


def _refuse_unfenced(connection: Connection, found: Relations, home: Deployable) -> None:
    if foreign := next((each for each in found.views if each.kind == FOREIGN), None):
        raise Refused(f"{foreign.name} is a foreign table, whose rows are elsewhere: remove it first")
    ours = (home.role, roles.role_of_tables(str(home.told["database"]["dbname"])))
    if other := next((each for each in found.all if each.owner not in ours), None):
        raise Refused(f"{other.name} belongs to {other.owner}, not to {home.role}: change its owner first")
    if hidden := connection.execute(_HIDDEN, [[each.oid for each in found.tables]]).fetchone():
        raise Refused(f"{hidden[0]} has row level security, which holds for its owner and for others differently")
    if routine := connection.execute(_AS_OWNER).fetchone():
        raise Refused(f"{routine[0]} is SECURITY DEFINER: it writes as its owner, past the fence")
    if prepared := connection.execute(_PREPARED).fetchone():
        raise Refused(f"the prepared transaction {prepared[0]!r} is open, and holds its locks: end it first")
