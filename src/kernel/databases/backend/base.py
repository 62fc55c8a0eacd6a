"""Django's PostgreSQL backend, but for how it finds out that a connection is lost."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks whether the server has hung up, where Django asks it `SELECT 1` before the first query of each request.

    A connection that was closed can be read from, to its end; from one that rests there is nothing to read. Looking
    costs a microsecond, and asking a round trip for each module that takes part in a request.
    """

    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        """Drop the connection where it is not usable any more."""
        if not self.health_check_done and self._rests():
            self.health_check_done = True
        super().close_if_health_check_failed()

    def _rests(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        server = select.poll()
        server.register(self.connection.fileno(), select.POLLIN)
        return not server.poll(0)
