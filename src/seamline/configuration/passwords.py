"""How passwords are stored, and how many are hashed at a time."""

import os
from threading import BoundedSemaphore

from django.contrib.auth.hashers import ScryptPasswordHasher

from seamline.context import current
from seamline.contract import Rejected

MAX_WAIT_SECONDS = 1.0
"""How long a password waits for its turn, before the client is told to come again."""
# Half of the processors: however many passwords are tried, the rest of the work goes on.
_turns = BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))


class PasswordHasher(ScryptPasswordHasher):
    """Scrypt at Django's cost, for no more passwords at a time than half of the processors can hash.

    Raises `Rejected` for one whose turn does not come within a second: at log-in, in the admin, at registration.
    """

    def encode(self, password: str, salt: str, *cost: int | None, **named_cost: int | None) -> str:
        """Hash a password, for storage or to compare it."""
        if not _turns.acquire(timeout=MAX_WAIT_SECONDS):
            raise Rejected(module=current().module or "accounts")
        try:
            return str(super().encode(password, salt, *cost, **named_cost))
        finally:
            _turns.release()


class DevelopmentHasher(PasswordHasher):
    """Scrypt at a hundredth of its cost. What it has stored can be checked in production, and is stored anew there."""

    work_factor = 2**10
    parallelism = 1
