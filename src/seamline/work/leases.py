"""Leases: which process may work on a row now, and from when on another may.

The one mechanism under outbox, sagas, jobs and request keys. A row names its module, and has

- `due_at`: from when on it may be worked on; while a process does, when its lease lapses;
- `attempts`: how often it was leased, which is the fencing token of the latest lease. Only its holder may renew,
  release or settle the row, as in Kleppmann, "How to do distributed locking".

That takes no session of the server, and so works through a pooler.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from django.db import connections

from seamline.context import working_for
from seamline.databases import ASYNC_COMMIT, execute, fetch
from seamline.layout import alias_of
from seamline.observability import metrics

log = structlog.get_logger("seamline.leases")

Values = Mapping[str, Any]


class Lease(NamedTuple):
    """A row that this process may work on."""

    key: Any
    token: int


@dataclass(frozen=True, slots=True)
class LeaseTable:
    """A table whose rows are leased.

    SQL that is given to its methods takes its values by name, beside `module`, `key`, `token` and `lease`.
    """

    name: str
    key: str
    """The column that names a row of a module."""
    key_type: str
    is_open: str = "true"
    """SQL: whether there is still anything to do."""
    durable: bool = True
    """Whether a lease has to survive a crash of the server; one that need not does not wait for the disk."""

    @property
    def fence(self) -> str:
        """SQL: the rows that the holders of `keys` and `tokens` may settle. The `ANY` is for the index."""
        held = f"SELECT * FROM unnest(%(keys)s::{self.key_type}[], %(tokens)s::int[])"  # noqa: S608  names and numbers of ours alone  # nosec B608
        return (
            f"module = %(module)s AND {self.key} = ANY(%(keys)s) AND ({self.key}, attempts) IN ({held}) "
            f"AND {self.is_open}"
        )

    def acquire(
        self, module: str, where: str, values: Values, seconds: float, returning: Sequence[str] = (), also: str = ""
    ) -> tuple[Any, ...] | None:
        """Lease a row that is due; its key, its token and what else is to be returned, or None where there is none."""
        statement = f"""
            UPDATE {self.name} SET due_at = now() + %(lease)s, attempts = attempts + 1{also}
            {"" if self.durable else f"FROM {ASYNC_COMMIT}"}
            WHERE module = %(module)s AND {where} AND {self.is_open} AND due_at <= now()
            RETURNING {", ".join((self.key, "attempts", *returning))}
        """  # noqa: S608  names and numbers of ours alone  # nosec B608
        rows = fetch(module, statement, {**values, "module": module, "lease": timedelta(seconds=seconds)})
        return rows[0] if rows else None

    def renew(self, module: str, leases: Sequence[Lease], seconds: float) -> int:
        """Put off when leases lapse; how many had not lapsed yet."""
        statement = f"UPDATE {self.name} SET due_at = now() + %(lease)s WHERE {self.fence} AND due_at > now()"  # noqa: S608  names and numbers of ours alone  # nosec B608
        return execute(module, statement, tokens(module, leases) | {"lease": timedelta(seconds=seconds)})

    def release(
        self, module: str, lease: Lease, pause: timedelta = timedelta(0), also: str = "", values: Values | None = None
    ) -> bool:
        """Give a row back, to be worked on after a pause. One that was woken meanwhile is due, and stays so."""
        assignments = f"due_at = now() + %(pause)s{also}"
        return self._update(module, lease, assignments, {**(values or {}), "pause": pause}, " AND due_at > now()")

    def settle(self, module: str, lease: Lease, assignments: str, values: Values, where: str = "") -> bool:
        """Note what came of the work; whether the lease was still the latest."""
        settled = self._update(module, lease, assignments, values, where)
        if not settled:
            metrics.leases_lost.labels(self.name).inc()
        return settled

    def _update(self, module: str, lease: Lease, assignments: str, values: Values, where: str) -> bool:
        statement = (
            f"UPDATE {self.name} SET {assignments} WHERE module = %(module)s AND {self.key} = %(key)s "  # noqa: S608  names and numbers of ours alone  # nosec B608
            f"AND attempts = %(token)s AND {self.is_open}{where}"
        )
        return bool(execute(module, statement, {**values, "module": module, "key": lease.key, "token": lease.token}))


def tokens(module: str, leases: Sequence[Lease]) -> dict[str, Any]:
    """Give the values that a table's `fence` takes."""
    return {"module": module, "keys": [lease.key for lease in leases], "tokens": [lease.token for lease in leases]}


class _Held(NamedTuple):
    module: str
    lease: Lease
    since: float
    until: float


class Renewer:
    """Renews what this process holds, so that leases can be short: one whose holder is gone lapses soon.

    It is one thread, which begins with the first lease and rests while there is none. What takes less than `every`
    seconds costs nothing.
    """

    def __init__(self, table: LeaseTable, lease_seconds: float, every: float) -> None:
        if lease_seconds < 2 * every:
            raise ValueError(f"a lease of {lease_seconds} s would lapse where one renewal, each {every} s, is late")
        self._table = table
        self._lease_seconds = lease_seconds
        self._every = every
        self._held: dict[int, _Held] = {}
        self._begun = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, module: str, lease: Lease, at_most: float) -> Iterator[None]:
        """Renew a lease until the block ends, for `at_most` seconds."""
        now = time.monotonic()
        held = _Held(module, lease, now, now + at_most)
        self._held[id(held)] = held
        if not self._begun.is_set():
            self._begin()
        try:
            yield
        finally:
            del self._held[id(held)]

    def _begin(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():  # none, or the one of the process we came from
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
        self._begun.set()

    def _run(self) -> None:
        while self._begun.wait():
            time.sleep(self._every)
            self._begun.clear()
            held = list(self._held.values())
            if held:
                self._begun.set()
            else:
                connections.close_all()
            self._renew_all(held)

    def _renew_all(self, held: list[_Held]) -> None:
        now = time.monotonic()
        due: dict[str, list[Lease]] = defaultdict(list)
        for each in held:
            if each.since + self._every <= now < each.until:
                due[each.module].append(each.lease)
        for module, leases in due.items():
            try:
                # One that cannot be reached must not keep the others from being renewed.
                with working_for(module, self._every, origin="leases"):
                    self._table.renew(module, leases, self._lease_seconds)
            except Exception as error:
                log.warning("lease_not_renewed", module=module, error=str(error).strip())
                connections[alias_of(module)].close()
