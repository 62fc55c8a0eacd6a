"""Claims that are renewed while they are worked on, so that one whose holder is gone lapses soon.

A claim is a row with a time at which it lapses, and a token (its number of claims) by which the database knows its
latest holder. This needs no session of the server, and so works through a pooler.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import structlog
from django.db import connections

from seamline.context import working_for
from seamline.layout import alias_of

log = structlog.get_logger("seam.claims")

Token = tuple[object, int]
"""A row's id, and the number of the claim."""


class _Held(NamedTuple):
    module: str
    token: Token
    since: float
    until: float


class Renewer:
    """Renews what this process holds, by one thread, which begins with the first claim and rests while there is none.

    `renew` gets a module and the tokens to renew in its database. What takes less than `every` seconds costs nothing.
    """

    def __init__(self, every: float, renew: Callable[[str, list[Token]], object]) -> None:
        self._every = every
        self._renew = renew
        self._held: dict[int, _Held] = {}
        self._begun = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, module: str, token: Token, at_most: float) -> Iterator[None]:
        """Have a claim renewed until the block ends, for `at_most` seconds."""
        now = time.monotonic()
        held = _Held(module, token, now, now + at_most)
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
                self._thread = threading.Thread(target=self._run, name="claims", daemon=True)
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
        due: dict[str, list[Token]] = defaultdict(list)
        for claim in held:
            if claim.since + self._every <= now < claim.until:
                due[claim.module].append(claim.token)
        for module, tokens in due.items():
            try:
                # One that cannot be reached must not keep the others from being renewed.
                with working_for(module, self._every, origin="claims"):
                    self._renew(module, tokens)
            except Exception as error:
                log.warning("not_renewed", module=module, error=str(error).strip())
                connections[alias_of(module)].close()
