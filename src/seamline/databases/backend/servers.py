"""Which server a connection leads to: the one that told this thread what it works with, or one that took its place.

A standby that was not synchronous may lack what the server before it had committed: what was read there may never have
been. So the work under way fails, as if the database were away, and begins anew with what the server of now knows.
"""

from typing import Any, NamedTuple

import psycopg

_WHICH = """
    SELECT (SELECT system_identifier FROM pg_control_system()),
        CASE WHEN NOT pg_is_in_recovery() THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
"""


class Standby(psycopg.OperationalError):
    """The server does not take anything that is to be kept."""


class Cluster(NamedTuple):
    """A PostgreSQL cluster, at a point of its history: each promotion of a standby begins another timeline."""

    system: int
    timeline: int


def cluster_of(connection: "psycopg.Connection[Any]") -> Cluster | None:
    """Find the server that a connection leads to, None where the role may not know. Raises `Standby` for one."""
    try:
        system, timeline = connection.execute(_WHICH, prepare=False).fetchone() or (0, None)
    except psycopg.errors.InsufficientPrivilege:
        return None
    if timeline is None:
        # It only reads, and were it promoted while this connection lasts, nobody would see that.
        raise Standby("the server is a standby, or is still recovering")
    return Cluster(system, timeline)


def has_taken_the_place(new: Cluster, old: Cluster, same_database: bool) -> bool:
    """Tell whether what `old` has told may be untrue of `new`. Two databases may well be on two servers."""
    if new.system == old.system:
        return new.timeline != old.timeline
    return same_database
