"""What one database writes, the other has a moment later: PostgreSQL's logical replication, in both directions.

Neither sends on what came from the other (`origin = none`). So both streams may stand from the copy until the move is
finished, while one side writes, and the way back is like the way there.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from extraction.data.database import Connection, first_line
from extraction.data.schema import TOKENS, Schema
from extraction.moving import roles
from extraction.moving.deployables import Deployable
from extraction.processes.errors import Refused

NAME = "seam_move"
"""Of the publication and the subscription of each database. What all of a server share has its number beside it."""
LOOK_SECONDS = 0.05
STALL_SECONDS = 60.0
"""For how long nothing may arrive before it is an error; and a copy, which has no limit, may not begin."""
SAY_SECONDS = 5.0
MAX_ERRORS = 5
"""How often a copy may fail before nobody waits for it any more; each is tried again after some seconds."""
_SERVER_SETTINGS = ("host", "hostaddr", "port", "sslmode", "sslrootcert", "sslnegotiation")
_NUMBER = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"
_TOKENS = sql.SQL("""
    CREATE TABLE IF NOT EXISTS {0} (side text PRIMARY KEY, token text NOT NULL)
""").format(sql.Identifier(TOKENS))
_WRITE_TOKEN = f"""
    INSERT INTO {TOKENS} (side, token) VALUES (%s, %s) ON CONFLICT (side) DO UPDATE SET token = excluded.token
"""  # noqa: S608  a name of ours  # nosec B608
_HAS_TOKEN = f"SELECT 1 FROM {TOKENS} WHERE side = %s AND token = %s"  # noqa: S608  a name of ours  # nosec B608
_SUBSCRIBED = """
    SELECT oid FROM pg_subscription
    WHERE subname = %s AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_MISSING = f"SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r' AND srsubid IN ({_SUBSCRIBED})"  # noqa: S608  # nosec B608
_ERRORS = f"""
    SELECT apply_error_count + sync_error_count FROM pg_stat_subscription_stats WHERE subid IN ({_SUBSCRIBED})
"""  # noqa: S608  ours alone  # nosec B608
_USABLE_SLOT = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND wal_status IS DISTINCT FROM 'lost'"
_KEPT_BYTES = """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots
    WHERE slot_name = %s AND wal_status IS DISTINCT FROM 'lost'
"""
_SLOT = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s"
_END_SENDER = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s AND active"


@dataclass(frozen=True)
class End:
    """One of two databases: the deployable whose it is, and the connection of its server's administrator."""

    deployable: Deployable
    connection: Connection

    @property
    def database(self) -> str:
        return self.connection.info.dbname

    @property
    def key(self) -> str:
        """Name what the server shares among its databases: the slot, and the role that reads it."""
        [[number]] = self.connection.execute(_NUMBER)
        return f"{NAME}_{number}"

    @property
    def kept_bytes(self) -> int | None:
        """Count what it keeps for the other, in bytes of its log; None where it keeps nothing, or no longer."""
        found = self.connection.execute(_KEPT_BYTES, [self.key]).fetchone()
        return int(found[0]) if found and found[0] is not None else None

    @property
    def is_subscribed(self) -> bool:
        """Tell whether it follows another."""
        return self.connection.execute(_SUBSCRIBED, [NAME]).fetchone() is not None

    def unsubscribe(self) -> None:
        """Follow no more. What the other keeps for it is another matter, for that may be gone."""
        if self.is_subscribed:
            name = sql.Identifier(NAME)
            self.connection.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(name))
            self.connection.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(name))
            self.connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(name))

    def forget(self) -> None:
        """Keep nothing for the other any more, and let it in no longer."""
        connection, key = self.connection, self.key
        deadline = time.monotonic() + STALL_SECONDS
        while connection.execute(_SLOT, [key]).fetchone():
            try:
                connection.execute(_END_SENDER, [key])
                connection.execute("SELECT pg_drop_replication_slot(%s)", [key])
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)
        connection.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(NAME)))
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(TOKENS)))
        if roles.exists(connection, key):
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(key)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(key)))

    def __str__(self) -> str:
        return str(self.deployable.admin_database())


@dataclass(frozen=True)
class Stream:
    """From one end to the other."""

    source: End
    target: End

    def publish(self, found: Schema) -> None:
        """Have the source keep what it writes for the other, from now on. Raises `Refused`."""
        connection, key = self.source.connection, self.source.key
        for end in (self.source, self.target):
            end.connection.execute(_TOKENS)
        if not roles.exists(connection, key):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN REPLICATION").format(sql.Identifier(key)))
        roles.let_in(connection, self.source.database, key, "")
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(TOKENS), sql.Identifier(key)))
        if not connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [NAME]).fetchone():
            tables = [table.identifier for table in found.tables.values()]
            names = sql.SQL(", ").join([*tables, sql.Identifier(TOKENS)])
            connection.execute(sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(sql.Identifier(NAME), names))
        if not connection.execute(_SLOT, [key]).fetchone():
            try:
                connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [key])
            except psycopg.errors.LockNotAvailable:
                raise Refused(
                    f"a transaction on the server of {self.source} does not end, and a stream begins between "
                    "transactions: end it, and the same command goes on"
                ) from None

    def subscribe(self, copy: bool) -> None:
        """Have the target follow, after a copy of what is there or without. Raises `Refused`."""
        if self.target.is_subscribed:
            return
        key, password = self.source.key, secrets.token_urlsafe(24)
        alter = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(key), sql.Literal(password))
        self.source.connection.execute(alter)
        server = self.source.deployable.server
        known = {name: server[name] for name in _SERVER_SETTINGS if name in server}
        login = make_conninfo("", **known, dbname=self.source.database, user=key, password=password)
        make = sql.SQL(
            "CREATE SUBSCRIPTION {name} CONNECTION {login} PUBLICATION {name} "
            "WITH (create_slot = false, slot_name = {slot}, copy_data = {copy}, origin = none)"
        )
        try:
            self.target.connection.execute(
                make.format(
                    name=sql.Identifier(NAME), login=sql.Literal(login), slot=sql.Literal(key), copy=sql.Literal(copy)
                )
            )
        except (psycopg.errors.ConnectionFailure, psycopg.errors.ConnectionException) as error:
            raise Refused(
                f"the server of {self.target} cannot log in to that of {self.source}, by the address that DATABASE_URL "
                f"of {self.source.deployable.name} has: {first_line(error)}"
            ) from None

    def until_copied(self, say: Callable[[str], None]) -> None:
        """Wait until the target has all that was there, and follows. Raises `Refused`."""
        connection, before, changed, errors = self.target.connection, -1, time.monotonic(), self.errors
        told = -SAY_SECONDS
        while True:
            [[missing]] = connection.execute(_MISSING, [NAME])
            if not missing:
                return
            if missing != before:
                if time.monotonic() - told > SAY_SECONDS:
                    say(f"copying, {missing} table{'' if missing == 1 else 's'} to go")
                    told = time.monotonic()
                before, changed = missing, time.monotonic()
            self.refuse_lost()
            is_stalled = time.monotonic() - changed > STALL_SECONDS and not _is_at_work(connection)
            if is_stalled or self.errors - errors > MAX_ERRORS:
                raise Refused(f"{self.source} cannot be copied to {self.target}: see its server's log, and --abort")
            time.sleep(LOOK_SECONDS)

    def has_passed(self, courier: Connection, seconds: float) -> bool:
        """Tell whether all that was committed in the source arrives in the target within some seconds.

        `courier` is another connection to the source, on which a token is written.
        """
        side, token = self.source.deployable.name, uuid4().hex
        courier.execute(_WRITE_TOKEN, [side, token])
        deadline, pause = time.monotonic() + seconds, 0.0005
        while not self.target.connection.execute(_HAS_TOKEN, [side, token]).fetchone():
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, LOOK_SECONDS)
        return True

    @property
    def is_kept(self) -> bool:
        """Tell whether the source keeps what the target does not have yet."""
        return self.source.connection.execute(_USABLE_SLOT, [self.source.key]).fetchone() is not None

    @property
    def errors(self) -> int:
        """Count how often the target has failed; a server that was away meanwhile is a failure too."""
        found = self.target.connection.execute(_ERRORS, [NAME]).fetchone()
        return int(found[0]) if found else 0

    def refuse_lost(self) -> None:
        """Make sure that nothing is lost on the way. Raises `Refused`."""
        if not self.is_kept:
            raise Refused(
                f"the server of {self.source} has not kept what {self.target} did not have yet (the replication slot "
                f"{self.source.key} is lost): --abort, or --finish, where the module is"
            )

    def end(self) -> None:
        """Have the target follow no more, and the source keep nothing for it."""
        self.target.unsubscribe()
        self.source.forget()


def _is_at_work(connection: Connection) -> bool:
    """Tell whether something is being copied at the moment."""
    [[working]] = connection.execute("SELECT EXISTS (SELECT FROM pg_stat_progress_copy)")
    return bool(working)
