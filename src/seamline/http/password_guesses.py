"""Wrong passwords, however they are sent: how many are let through, and operators' log-in, which counts them too."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from seamline.http.edge import client_address
from seamline.http.throttling import Guess, Throttle, guessing
from seamline.module import active

OF_ONE_HERE = Throttle(10, 300, name="passwords-of-an-account-from-an-address")
FROM_HERE = Throttle(60, 300, name="passwords-from-an-address")
OF_ONE = Throttle(100, 3600, name="passwords-of-an-account")
"""From anywhere. Its owner is shut out too, so that it takes many, and no longer than they go on."""


def password_guesses(who: str, address: str) -> tuple[Guess, ...]:
    """Say what a wrong password is counted for. Capitals make no other account."""
    whose = who.strip().lower()
    return Guess(OF_ONE_HERE, f"{whose} {address}"), Guess(FROM_HERE, address), Guess(OF_ONE, whose)


class OperatorBackend(ModelBackend):
    """Django's own users, at the admin's log-in. Raises `Throttled` where too many passwords were wrong."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> Any:
        if request is None:
            return super().authenticate(request, username, password, **more)
        guesses = password_guesses(f"operator {username}", client_address(request.META))
        try:
            # The deployable has no tables of its own for this; every process names the same module.
            with guessing(next(iter(active()), None), *guesses, wrong=_Wrong):
                found = super().authenticate(request, username, password, **more)
                if found is None:
                    raise _Wrong
                return found
        except _Wrong:
            return None


class _Wrong(Exception):
    """The name and the password are nobody's."""
