"""Which databases of this process do not answer, found out without waiting for one that hangs."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import cache

from django.conf import settings
from django.db import Error, connections

from seamline.context import working_for
from seamline.layout import aliases

RESPONSE_SECONDS = 0.5
"""After which a database that has not answered counts as away."""
LOOK_TIMEOUT = 2.0
"""Seconds after which a look is given up. Until then no other one of the same database begins."""

_LET_IN = "SELECT datname FROM pg_database WHERE datallowconn AND datname = ANY(%s)"
Names = frozenset[str]
_looks: dict[str, tuple[float, Future[Names]]] = {}


def away() -> list[str]:
    """List the aliases whose databases do not answer now. One that hangs is waited for once, and not by every asker.

    Of the databases of one server one is asked, and tells which of the others there are: a hundred modules need no
    hundred connections for it. Those that it does not know of, as behind a pooler, are asked themselves.
    """
    found: list[str] = []
    for first, *others in _by_server():
        try:
            names = _ask(first)
        except NotYet:
            found += [first, *others]
            continue
        found += [alias for alias in (first, *others) if _name(alias) not in names and not _answers(alias)]
    return [alias for alias in aliases() if alias in found]


def _by_server() -> list[list[str]]:
    servers: dict[tuple[object, object], list[str]] = {}
    for alias in aliases():
        database = settings.DATABASES[alias]
        servers.setdefault((database.get("HOST"), database.get("PORT")), []).append(alias)
    return list(servers.values())


def _name(alias: str) -> str:
    return str(settings.DATABASES[alias]["NAME"])


def _answers(alias: str) -> bool:
    try:
        return bool(_ask(alias))
    except NotYet:
        return False


def _ask(alias: str) -> Names:
    begun, look = _looks.get(alias, (0.0, None))
    if look is None or look.done():
        begun, look = _looks[alias] = time.monotonic(), _threads().submit(_look, alias)
    return look.result(max(0.0, begun + RESPONSE_SECONDS - time.monotonic()))


@cache
def _threads() -> ThreadPoolExecutor:
    # One is enough as long as all answer; each that hangs holds one more.
    return ThreadPoolExecutor(len(aliases()), thread_name_prefix="look")


def _look(alias: str) -> Names:
    """Ask a database which of ours its server lets in; none where it does not answer."""
    connection = connections[alias]
    try:
        with working_for(alias, LOOK_TIMEOUT, origin="probe"):
            connection.close_if_unusable_or_obsolete()
            with connection.cursor() as cursor:
                cursor.execute(_LET_IN, [[_name(other) for other in aliases()]])
                return frozenset(name for (name,) in cursor.fetchall()) | {_name(alias)}
    except Error:
        connection.close()
        return frozenset()
