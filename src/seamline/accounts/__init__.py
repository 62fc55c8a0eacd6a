"""Accounts: log-in by e-mail and password, and the tokens that speak for a user everywhere. Optional.

The module that knows who may log in names `seamline.accounts` in its manifest's `apps`, has settings ACCESS_MINUTES
and REFRESH_DAYS, and says how to find an account. Accounts are rows of its own, here is no table of them:

    ACCOUNTS = Accounts("members", Members())

    class TokenView(accounts.TokenView):
        accounts = ACCOUNTS

Any deployable checks the tokens, whether it has this room or not: `seamline.http`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seamline.accounts.directory import Account, Directory
    from seamline.accounts.endpoints import (
        REGISTRATIONS,
        Accepted,
        ConfirmationView,
        Credentials,
        LogOutView,
        NewPasswordView,
        PasswordResetView,
        PasswordView,
        RefreshToken,
        RefreshView,
        TokenView,
    )
    from seamline.accounts.errors import (
        BadConfirmationToken,
        BadCredentials,
        BadResetToken,
        ConfirmationRequired,
        WeakPassword,
    )
    from seamline.accounts.login import Accounts
    from seamline.accounts.oauth2 import OAuth2TokenView
    from seamline.accounts.passwords import Password, hash_password
    from seamline.accounts.registrations import Registration
    from seamline.accounts.tokens import Tokens

__all__ = [
    "REGISTRATIONS",
    "Accepted",
    "Account",
    "Accounts",
    "BadConfirmationToken",
    "BadCredentials",
    "BadResetToken",
    "ConfirmationRequired",
    "ConfirmationView",
    "Credentials",
    "Directory",
    "LogOutView",
    "NewPasswordView",
    "OAuth2TokenView",
    "Password",
    "PasswordResetView",
    "PasswordView",
    "RefreshToken",
    "RefreshView",
    "Registration",
    "TokenView",
    "Tokens",
    "WeakPassword",
    "hash_password",
]
_ROOMS = ("errors", "directory", "passwords", "tokens", "registrations", "login", "endpoints", "oauth2")


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: Django imports an application before there can be models."""
    if name in __all__:
        for room in (import_module(f"{__name__}.{room}") for room in _ROOMS):
            if hasattr(room, name):
                return getattr(room, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
