"""Passwords: which will do, and how they are stored. How much hashing costs is a setting of Django's."""

from typing import Annotated

import msgspec
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from seamline.accounts.directory import Account
from seamline.accounts.errors import WeakPassword

Password = Annotated[str, msgspec.Meta(min_length=8, max_length=200, examples=["demo-password"])]
_NOBODY = make_password(None)


def hash_password(password: str) -> str:
    """Hash a password to be stored. Raises `WeakPassword` for one that is easy to guess."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from None
    return make_password(password)


def is_password_of(account: Account | None, password: str) -> bool:
    """Compare a password with an account's; it takes as long where there is none, so that the time tells nothing."""
    return check_password(password, account.password if account else _NOBODY) and account is not None
