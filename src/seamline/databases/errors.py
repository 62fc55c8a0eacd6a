"""Which errors of a database say nothing of what was asked: its server, or the way there, is at fault.

Such an error is never a refusal. It leaves a module as `Unavailable`, and the work is tried again.
"""

from django.db import Error, InterfaceError, OperationalError, connections

# See PostgreSQL's documentation, "PostgreSQL Error Codes". Prepared statements are not found, or found twice, behind a
# pooler that does not know of them; a server that was made a standby only reads.
_CLASSES = ("08", "26", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX")
_CODES = frozenset({"25006", "25P03", "25P04", "42P05"})
_PLAN_CHANGED = "cached plan must not change result type"
_ORDERLY = ("40", "42501", "55P03", "57014")
"""Rolled back, refused, not waited for, cancelled: the connection is as good as before."""


def is_infrastructure(error: BaseException) -> bool:
    """Tell whether an exception is a database's, and none that the statement or its values brought about."""
    if not isinstance(error, Error):
        return False
    code = _code(error)
    return (
        isinstance(error, OperationalError | InterfaceError)
        or code.startswith(_CLASSES)
        or code in _CODES
        or _PLAN_CHANGED in str(error)
    )


def drop_connection(alias: str, error: BaseException) -> None:
    """Close the connection for the next statement to open another, where it would meet the same error on this one."""
    if alias not in connections.settings:
        return  # what stands in for a module that lives elsewhere raised it, in a test
    connection = connections[alias]
    if not (connection.in_atomic_block or _code(error).startswith(_ORDERLY)):
        connection.close()


def _code(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
