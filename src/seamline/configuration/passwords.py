"""How passwords are stored, and how many are hashed at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher, ScryptPasswordHasher

from seamline.context import current
from seamline.contract import Rejected

MAX_WAIT_SECONDS = 1.0
"""How long a password waits for its turn, before the client is told to come again."""
# Half of the processors: however many passwords are tried, the rest of the work goes on.
_turns = BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=MAX_WAIT_SECONDS):
        raise Rejected(module=current().module or "accounts")
    try:
        yield
    finally:
        _turns.release()


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB and two passes, as the OWASP Password Storage Cheat Sheet has it (Django's takes 100 MiB).

    No more passwords at a time are hashed than half of the processors can. Raises `Rejected` for one whose turn does
    not come within a second: at log-in, in the admin, at registration.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password, for storage."""
        with _turn():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Compare a password with what is stored."""
        with _turn():
            return bool(super().verify(password, encoded))


class DevelopmentHasher(PasswordHasher):
    """Argon2id at a fraction of its cost. What it has stored can be checked in production, and is stored anew there."""

    time_cost = 1
    memory_cost = 256


class OldPasswordHasher(ScryptPasswordHasher):
    """For what was stored before: Django's scrypt, in turn with the others."""

    def encode(self, password: str, salt: str, *cost: int | None, **named_cost: int | None) -> str:
        """Hash a password, to compare it with what is stored."""
        with _turn():
            return str(super().encode(password, salt, *cost, **named_cost))
