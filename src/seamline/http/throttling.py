"""Throttling: how many requests may come from whom, counted in the module's own database for all processes and hosts.

Each count is one instant, until when its allowance is spent: the generic cell rate algorithm (ITU-T I.371, "virtual
scheduling"). A burst of the whole allowance is let through, and then as much as comes back with time. What is counted
for stands as a keyed digest, so that no address and no e-mail is stored.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from time import monotonic
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import Error
from msgspec import structs
from rest_framework.request import Request

from seamline.context import current, entered
from seamline.contract import ContractError
from seamline.databases import execute, fetch
from seamline.databases.errors import drop_connection
from seamline.http.access import Principal
from seamline.http.edge import client_address
from seamline.layout import alias_of
from seamline.module import active
from seamline.observability import metrics

log = structlog.get_logger("seamline.http")

SHARE = 20
"""An allowance is taken from the database in so many shares at most: one request in a share asks it."""
MAX_KNOWN = 10_000
"""Of whom a process keeps in mind what is left of a share; the least recently seen are forgotten."""
STORE_TIMEOUT = 0.5
"""Seconds that the database may take; then this process counts by itself."""

_TAKE = """
    INSERT INTO seamline_throttle AS known (module, key, spent_until) VALUES (%(module)s, %(key)s, now() + %(cost)s)
    ON CONFLICT (module, key) DO UPDATE SET spent_until = greatest(known.spent_until, now()) + %(cost)s
    WHERE greatest(known.spent_until, now()) + %(cost)s <= now() + %(span)s
"""
_WAIT = """
    SELECT extract(epoch FROM spent_until + %(cost)s - now() - %(span)s)::float8 FROM seamline_throttle
    WHERE module = %(module)s AND key = %(key)s
"""
_GIVE_BACK = """
    UPDATE seamline_throttle SET spent_until = spent_until - %(cost)s WHERE module = %(module)s AND key = %(key)s
"""


class Throttled(Exception):
    """More requests came than are let through."""

    def __init__(self, throttle: "Throttle", wait: float) -> None:
        self.throttle = throttle
        self.wait = max(1, ceil(wait))
        """Whole seconds until one more may come."""
        super().__init__(f"{throttle.name}: again in {self.wait} s")


def address(request: Request) -> str:
    """Count by the address of the client."""
    return client_address(request.META)


def caller(request: Request) -> str:
    """Count by the user who is logged in, and by address where nobody is."""
    return str(request.user.id) if isinstance(request.user, Principal) else address(request)


@dataclass(frozen=True, slots=True)
class Throttle:
    """So many requests in so many seconds, of each that `by` tells apart. `THROTTLE_FACTOR` multiplies all of them."""

    requests: int
    seconds: float
    by: Callable[[Request], str] = caller
    name: str = "default"
    """Throttles of one name and one module share their counts."""

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds <= 0:
            raise ValueError(f"{self!r}: one request or more, in more than no time")

    @property
    def allowance(self) -> int:
        """Work out how many are let through at once."""
        return max(1, round(self.requests * settings.THROTTLE_FACTOR))

    @property
    def cost(self) -> timedelta:
        """Work out the time in which what one request takes comes back."""
        return timedelta(seconds=self.seconds / self.allowance)


DEFAULT = Throttle(1200, 60.0)
"""What an endpoint has that declares none."""


def admit(module: str | None, throttle: Throttle, request: Request) -> None:
    """Count a request. Raises `Throttled`."""
    if settings.THROTTLE_FACTOR:
        _shares.take(_Count.of(module, throttle, throttle.by(request)))


def admit_of(module: str | None, throttle: Throttle, whom: str) -> None:
    """Count one of somebody, whoever makes the request. Raises `Throttled`."""
    if settings.THROTTLE_FACTOR:
        _Count.of(module, throttle, whom).take(1)


class Guess(NamedTuple):
    """A throttle of guesses, and for what they are counted: an account, an address."""

    throttle: Throttle
    whom: str


@contextmanager
def guessing(module: str | None, *guesses: Guess, wrong: type[Exception] = ContractError) -> Iterator[None]:
    """Count a block that raises `wrong`, and no other. Raises `Throttled` where too many did, before the block.

    It is counted before and given back after, so that many at one instant have no more guesses than one after another.
    """
    if not settings.THROTTLE_FACTOR:
        yield
        return
    counts = [_Count.of(module, guess.throttle, guess.whom) for guess in guesses]
    taken: list[_Count] = []
    try:
        for count in counts:
            count.take(1)
            taken.append(count)
    except Throttled:
        _give_back(taken)
        raise
    try:
        yield
    except wrong:
        raise
    except BaseException:
        _give_back(taken)
        raise
    _give_back(taken)


def _give_back(taken: list["_Count"]) -> None:
    for count in taken:
        count.give_back()


class _Count(NamedTuple):
    """The allowance of one client under one throttle."""

    module: str | None
    throttle: Throttle
    key: str

    @classmethod
    def of(cls, module: str | None, throttle: Throttle, whom: str) -> "_Count":
        text = f"{throttle.name}\0{whom}".encode()
        digest = hashlib.blake2b(text, key=settings.SECRET_KEY.encode()[:64], digest_size=16).hexdigest()
        return cls(module if module in active() else None, throttle, digest)

    def take(self, number: int) -> None:
        """Take so many out of the allowance, or none. Raises `Throttled`."""
        wait = self.ask(number)
        if wait is not None:
            metrics.throttled.labels(self.module or "-", self.throttle.name).inc()
            log.info("throttled", module=self.module, throttle=self.throttle.name, wait=round(wait, 1))
            raise Throttled(self.throttle, wait)

    def give_back(self) -> None:
        """Give one back, as if it had not been taken."""
        if self.module:
            with _in_haste(self.module) as is_away:
                execute(self.module, _GIVE_BACK, self._values(1))
            if not is_away:
                return
        _alone.give_back(self)

    def ask(self, number: int) -> float | None:
        """Take so many, and say nothing of it; None where they were taken, else the seconds until they could be."""
        if self.module:
            with _in_haste(self.module) as is_away:
                if execute(self.module, _TAKE, self._values(number)):
                    return None
                rows = fetch(self.module, _WAIT, self._values(number))
                return rows[0][0] if rows else 0.0
            if not is_away:
                return None
        return _alone.take(self, number)

    def _values(self, number: int) -> dict[str, object]:
        span = timedelta(seconds=self.throttle.seconds)
        return {"module": self.module, "key": self.key, "cost": self.throttle.cost * number, "span": span}


@contextmanager
def _in_haste(module: str) -> Iterator[list[str]]:
    """Ask a database for a moment; a failure is noted in what this gives, and nobody is kept waiting."""
    is_away: list[str] = []
    here = current()
    try:
        with entered(structs.replace(here, deadline=min(here.deadline, monotonic() + STORE_TIMEOUT))):
            yield is_away
    except Error as error:
        is_away.append(module)
        log.warning("throttles_counted_alone", module=module, error=str(error).strip())
        drop_connection(alias_of(module), error)


class _Alone:
    """Counts by itself where there is no database, for this process only."""

    def __init__(self) -> None:
        self._spent_until: OrderedDict[tuple[str | None, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, count: _Count, number: int) -> float | None:
        cost, now = count.throttle.cost.total_seconds() * number, monotonic()
        place = count.module, count.key
        with self._lock:
            spent_until = max(self._spent_until.get(place, 0.0), now) + cost
            if spent_until > now + count.throttle.seconds:
                return spent_until - now - count.throttle.seconds
            self._spent_until[place] = spent_until
            self._spent_until.move_to_end(place)
            if len(self._spent_until) > MAX_KNOWN:
                self._spent_until.popitem(last=False)
        return None

    def give_back(self, count: _Count) -> None:
        with self._lock:
            if (place := (count.module, count.key)) in self._spent_until:
                self._spent_until[place] -= count.throttle.cost.total_seconds()


class _Shares:
    """What this process has taken out of large allowances and not used yet, so that not every request asks for one."""

    def __init__(self) -> None:
        self._left: OrderedDict[tuple[str | None, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, count: _Count) -> None:
        share = count.throttle.allowance // SHARE
        if share < 2:
            count.take(1)
            return
        place, now = (count.module, count.key), monotonic()
        with self._lock:
            left, until = self._left.get(place, (0, 0.0))
            if left and now < until:
                self._left[place] = left - 1, until
                return
        if count.ask(share) is not None:
            count.take(1)  # what is left may be less than a share
            share = 1
        with self._lock:
            self._left[place] = share - 1, now + count.throttle.seconds
            self._left.move_to_end(place)
            if len(self._left) > MAX_KNOWN:
                self._left.popitem(last=False)


_alone, _shares = _Alone(), _Shares()
