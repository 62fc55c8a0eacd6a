"""Passwords: which will do, and how they are stored. How much hashing costs is a setting of Django's."""

import re
from collections.abc import Callable
from typing import Annotated

import msgspec
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from seamline.accounts.directory import Account
from seamline.accounts.errors import WeakPassword

Password = Annotated[str, msgspec.Meta(min_length=8, max_length=200, examples=["demo-password"])]
SHORTEST_WORD = 4
_NOBODY = make_password(None)


def hash_password(password: str, *known: str) -> str:
    """Hash a password to be stored.

    Raises `WeakPassword` for one that is easy to guess: a common one, or one made of what is `known` of its owner, such
    as their e-mail address, or of the service's name.
    """
    try:
        validate_password(password)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from None
    if any(is_made_of(password, text) for text in (*known, settings.SERVICE_NAME)):
        raise WeakPassword("This password is like your name, your e-mail address or the name of this service.")
    return make_password(password)


def is_made_of(password: str, text: str) -> bool:
    """Tell whether there is little in a password but a text, or a word of it: at most four other characters."""
    words = (word for word in (text.lower(), *re.split(r"[^\w]+", text.lower())) if len(word) >= SHORTEST_WORD)
    return any(word in password.lower() and len(password) - len(word) <= SHORTEST_WORD for word in words)


def is_password_of(account: Account | None, password: str, store: Callable[[str], None] | None = None) -> bool:
    """Compare a password with an account's; it takes as long where there is none, so that the time tells nothing.

    `store` gets it hashed anew, where it was hashed as passwords no longer are.
    """

    def hash_anew(right: str) -> None:
        if store:
            store(make_password(right))

    stored = account.password if account else _NOBODY
    return check_password(password, stored, hash_anew) and account is not None
