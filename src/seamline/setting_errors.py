"""A setting that will not do, told in one line: its name, its value, and what it has to be."""

from django.core.exceptions import ImproperlyConfigured

HIDDEN = "…"
"""Stands for a value that is a secret."""
_MAX_DIGITS = 20


def invalid_setting(name: str, value: object, expected: str) -> ImproperlyConfigured:
    """Make the error to raise: `PORT is 'http': it has to be a number from 1 to 65535, such as 8000`."""
    return ImproperlyConfigured(f"{name} is {value!r}: it has to be {expected}")


def is_whole_number(text: str, least: int, most: int) -> bool:
    """Tell whether a setting is a number in digits, from the one to the other."""
    # Its length first: Python refuses to read very long ones, in another way.
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and least <= int(text) <= most


def without_secrets(url: str) -> str:
    """Return an address that may be shown: hidden, where there may be a password in it."""
    return HIDDEN if {"@", "?"} & set(url) else url


def require_that(holds: bool, policy: object, name: str, expected: str) -> None:
    """Check an invariant of a policy by one of its fields. Raises `ImproperlyConfigured` where it does not hold."""
    if not holds:
        raise invalid_setting(f"{type(policy).__name__}.{name}", getattr(policy, name), expected)
