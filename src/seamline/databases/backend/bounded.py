"""A connection on which nobody waits longer than somebody waits for the work: each statement ends with its deadline.

It is this side that keeps the time, so that it is kept where the server is frozen or gone, and behind any pooler, and
costs no round trip. The server keeps it too, from the transaction's BEGIN on, for the case that this side is frozen or
gone, and its locks would stay.
"""

from contextlib import suppress
from math import ceil
from typing import Any

import psycopg
from psycopg import errors, generators
from psycopg.pq import ExecStatus, TransactionStatus

from seamline import context

GRACE_SECONDS = 1.0
"""How long a statement may take though nobody waits any more: what was begun has to be rolled back or noted."""
CANCEL_SECONDS = 1.0
"""How long the server has to end a statement when it is told to. After that the connection is given up."""

_LIMITED_BEGIN = b"%s; SET LOCAL statement_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = %d"


class Late(psycopg.OperationalError):
    """The server did not answer before the work's deadline."""


class BoundedConnection(psycopg.Connection[Any]):
    """Waits for an answer until the deadline of the work under way."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait until a statement is done. Raises `Late`, or `QueryCanceled` where the server ended it then."""
        if timeout is None:
            timeout = time_left()
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # the server's own, or the connection is lost
        return self._cancel(gen, interval)

    def _cancel(self, gen: Any, interval: float) -> Any:
        with suppress(psycopg.Error):
            self.cancel_safe(timeout=CANCEL_SECONDS)
        try:
            return super().wait(gen, interval, CANCEL_SECONDS)
        except psycopg.OperationalError as error:
            if error.sqlstate:
                raise
        self.close()
        raise Late("no answer before the deadline; the connection is given up")

    def _start_query(self) -> Any:
        """Begin a transaction, and tell the server its limits in the same message."""
        left = time_left()
        if left is None or self.autocommit or self.pgconn.transaction_status != TransactionStatus.IDLE:
            yield from super()._start_query()
            return
        self.pgconn.send_query(_LIMITED_BEGIN % (self._get_tx_start_command(), ceil(left * 1000), ceil(left * 1000)))
        for result in (yield from generators.execute(self.pgconn)):
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result, encoding=self.info.encoding)


class Driver:
    """psycopg, but for the connections that it opens; for Django's `Database`."""

    connect = BoundedConnection.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)


def time_left() -> float | None:
    """Compute the seconds that the statement to come may take; None where nobody set a deadline."""
    left = context.current().remaining
    return None if left == context.FOREVER else max(left, GRACE_SECONDS)
