"""Which databases of this process do not answer, found out without waiting for one that hangs."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import cache

from django.conf import settings
from django.db import Error, connections

from seamline.context import working_for

RESPONSE_SECONDS = 0.5
"""After which a database that has not answered counts as away."""
LOOK_TIMEOUT = 2.0
"""Seconds after which a look is given up. Until then no other one of the same database begins."""

_looks: dict[str, tuple[float, Future[bool]]] = {}


def away() -> list[str]:
    """List the aliases whose databases do not answer now. One that hangs is waited for once, not by every caller."""
    return [alias for alias in settings.DATABASES if not _answers(alias)]


def _answers(alias: str) -> bool:
    begun, look = _looks.get(alias, (0.0, None))
    if look is None or look.done():
        begun, look = _looks[alias] = time.monotonic(), _threads().submit(_look, alias)
    try:
        return look.result(max(0.0, begun + RESPONSE_SECONDS - time.monotonic()))
    except NotYet:
        return False


@cache
def _threads() -> ThreadPoolExecutor:
    # One is enough as long as all answer; each that hangs holds one more.
    return ThreadPoolExecutor(len(settings.DATABASES), thread_name_prefix="look")


def _look(alias: str) -> bool:
    connection = connections[alias]
    try:
        with working_for(alias, LOOK_TIMEOUT, origin="probe"):
            connection.close_if_unusable_or_obsolete()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return False
    return True
