"""What has to hold before a module moves; where it does not, nothing is begun."""

from extraction.data import schema
from extraction.data.database import Connection
from extraction.data.schema import LEFT_OUT, OWN, RUNTIME
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
OLDEST = 16
"""PostgreSQL's first version of which two can stream to each other without an end."""
MIN_FREE_SLOTS = 3
"""Of replication slots and their senders: for the stream, and for two tables at a time while they are copied."""
_STREAMING = """
    SELECT current_setting('wal_level'),
        rolsuper OR (rolreplication AND rolcreaterole AND pg_has_role('pg_create_subscription', 'USAGE')),
        current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
        current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)
    FROM pg_roles WHERE rolname = current_user
"""
_UNLOGGED = f"""
    SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'r' AND relpersistence = 'u' AND {OWN.replace("%%", "%")} ORDER BY 1 LIMIT 1
"""  # noqa: S608  names of ours alone  # nosec B608
_NO_IDENTITY = f"""
    SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'r' AND relname <> ALL(%s) AND relreplident <> 'f' AND pg_get_replica_identity_index(c.oid) IS NULL
    AND {OWN} ORDER BY 1 LIMIT 1
"""  # noqa: S608  names of ours alone  # nosec B608
_ON_REPLICAS = f"""
    SELECT c.oid::regclass::text, tgname FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid
    JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE NOT tgisinternal AND tgenabled IN ('A', 'R') AND {OWN.replace("%%", "%")} ORDER BY 1 LIMIT 1
"""  # noqa: S608  names of ours alone  # nosec B608
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
    if is_same_server(home, service) and home.place != service.place:
        raise Refused(
            f"{service.name} has {module} in {service.database}, and here it is in {home.database}, of one server, "
            f"where a module's database stays what it is. Set {setting} for {service.name} to that database, with a "
            f"user and a password of its own: {_address(home)}; or name a database of another server"
        )
    if home.place == service.place and home.role == service.role:
        raise Refused(f"both log in as {home.role}, and a fence is between roles: give {setting} a user of its own")
    if home.told["key"] != service.told["key"]:
        raise Refused(
            "the SECRET_KEYs differ, so requests that are sent again would not be known there: give the service the "
            "monolith's"
        )
    _refuse_unreadable(home, service)


def _refuse_unreadable(home: Deployable, service: Deployable) -> None:
    """Make sure that what one has encrypted the other reads, there and on the way back. Raises `Refused`."""
    for writer, reader in ((home, service), (service, home)):
        lacking = [key for key in writer.told["data_keys"] if key not in reader.told["data_keys"]]
        if lacking:
            raise Refused(
                f"{reader.name} lacks a key of {writer.name}'s PERSONAL_DATA_KEYS ({lacking[0]}), and could not read "
                "what it has encrypted: give both the same"
            )


def is_same_server(home: Deployable, service: Deployable) -> bool:
    """Tell whether both have the module on one server, as far as the addresses say."""
    return home.place[:2] == service.place[:2]


def refuse_other_server(service: Deployable) -> None:
    """Make sure that DATABASE_URL is of the server where the module's database is. Raises `Refused`."""
    server = service.server
    if (server.get("host", ""), server.get("port", "5432")) != service.place[:2]:
        raise Refused(
            f"{service.name} has {service.module} in {service.database}, and DATABASE_URL names another server: "
            "have it name that one, by a user who may make roles and replication slots there"
        )


def refuse_unstreamed(connection: Connection, name: str) -> None:
    """Make sure that a server can send and receive a stream of what is written. Raises `Refused`."""
    version = connection.info.server_version // 10000
    if version < OLDEST:
        raise Refused(
            f"the server of {name} is PostgreSQL {version}: a module moves to another server from {OLDEST} on. Copy "
            "the data with the writers stopped: python -m extraction data copy"
        )
    [[level, may, slots, senders]] = connection.execute(_STREAMING)
    if level != "logical":
        raise Refused(f"the server of {name} has wal_level = {level}: set wal_level = logical, and restart it")
    if not may:
        raise Refused(
            f"the user of DATABASE_URL may not replicate on the server of {name}: grant it REPLICATION, CREATEROLE and "
            "pg_create_subscription"
        )
    if slots < MIN_FREE_SLOTS or senders < MIN_FREE_SLOTS:
        low = "max_replication_slots" if slots < MIN_FREE_SLOTS else "max_wal_senders"
        raise Refused(
            f"the server of {name} has fewer than {MIN_FREE_SLOTS} left of its {low}: set more, and restart it"
        )


def refuse_unfollowed(connection: Connection, name: str) -> None:
    """Make sure that all of a database can be streamed. Raises `Refused`."""
    refuse_unstreamed(connection, name)
    if table := connection.execute(_UNLOGGED).fetchone():
        raise Refused(f"{table[0]} in {name} is unlogged, and is in no stream: ALTER TABLE {table[0]} SET LOGGED first")
    if table := connection.execute(_NO_IDENTITY, [[*LEFT_OUT]]).fetchone():
        raise Refused(
            f"{table[0]} in {name} has nothing to tell its rows by: give it a primary key that is not deferrable, or "
            f"ALTER TABLE {table[0]} REPLICA IDENTITY FULL"
        )
    if trigger := connection.execute(_ON_REPLICAS).fetchone():
        raise Refused(
            f"the trigger {trigger[1]} of {trigger[0]} in {name} fires for what is streamed too, and would do its work "
            f"twice: ALTER TABLE {trigger[0]} ENABLE TRIGGER {trigger[1]}"
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
