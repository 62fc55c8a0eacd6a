"""Why a module's database gives no answer, told so that a person knows what to do about it."""

import re

from django.db import Error

_NOT_MADE = re.compile(r"password authentication failed|(database|role|relation|column) \S+ does not exist")


def reason(error: Error) -> str:
    """Say in one line why a statement failed, or that the database is not made or migrated yet."""
    said = " ".join(str(error).split())
    if _NOT_MADE.search(said):
        # Before the first migration there are no roles either, which PostgreSQL calls a wrong password.
        return f"its database is not made or not migrated yet, or SECRET_KEY is new: run manage.py migrate_all ({said})"
    return f"its database does not answer: {said}"
