"""Log-ins: one row from a log-in to its log-out. A refresh token is good once, and names what it was exchanged from.

Rotation with reuse detection (RFC 9700, section 4.14.2): a refresh token that comes again, when its successor is in
somebody's hands for longer than a client takes to send a request twice, ends the log-in, whoever has stolen which.
"""

import uuid
from datetime import timedelta
from typing import NamedTuple

import structlog
from django.db import models

from seamline.databases import execute, fetch
from seamline.http.access import UserId

log = structlog.get_logger("seamline.accounts")

RACE_SECONDS = 10.0
"""So long the token before may come again, from a client that sent one request twice: refused, and nothing ended."""

_BEGIN = """
    INSERT INTO seamline_log_in (module, id, user_id, exchanges, began_at, exchanged_at, expires_at)
    VALUES (%(module)s, %(id)s, %(user)s, 0, now(), now(), now() + %(lifetime)s)
    ON CONFLICT DO NOTHING
"""
_EXCHANGE = """
    UPDATE seamline_log_in SET exchanges = exchanges + 1, exchanged_at = now(), expires_at = now() + %(lifetime)s
    WHERE module = %(module)s AND id = %(id)s AND exchanges = %(exchanges)s AND ended_at IS NULL AND expires_at > now()
    RETURNING exchanges
"""
_END_REUSED = """
    UPDATE seamline_log_in SET ended_at = now()
    WHERE module = %(module)s AND id = %(id)s AND ended_at IS NULL AND exchanges > %(exchanges)s
      AND (exchanges > %(exchanges)s + 1 OR exchanged_at < now() - %(race)s)
"""
_END = "UPDATE seamline_log_in SET ended_at = now() WHERE module = %s AND id = %s AND ended_at IS NULL"
_END_ALL = "UPDATE seamline_log_in SET ended_at = now() WHERE module = %s AND user_id = %s AND ended_at IS NULL"


class LogIn(models.Model):
    """Somebody who logged in at one place, and how often their refresh token was exchanged since."""

    pk = models.CompositePrimaryKey("module", "id")
    module = models.CharField(max_length=60)
    id = models.UUIDField()
    user_id = models.CharField(max_length=64)
    exchanges = models.IntegerField(default=0)
    began_at = models.DateTimeField()
    exchanged_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """By log-out, by a password that was changed, or by a token that came twice."""

    class Meta:
        app_label = "seamline"
        db_table = "seamline_log_in"
        indexes = [
            models.Index(fields=["module", "user_id"], name="log_in_by_user"),
            models.Index(fields=["module", "expires_at"], name="log_in_by_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Turn(NamedTuple):
    """Which refresh token of which log-in: the one after so many exchanges."""

    log_in: uuid.UUID
    exchanges: int


def begin(module: str, user_id: UserId, lifetime: timedelta, log_in: uuid.UUID | None = None) -> Turn | None:
    """Note a log-in; None where the one of this id has begun before."""
    turn = Turn(log_in or uuid.uuid4(), 0)
    values = {"module": module, "id": turn.log_in, "user": str(user_id), "lifetime": lifetime}
    return turn if execute(module, _BEGIN, values) else None


def exchange(module: str, user_id: UserId, turn: Turn, lifetime: timedelta) -> Turn | None:
    """Exchange a refresh token for the next; None where it is good no more. One that comes again ends the log-in."""
    values = {"module": module, "id": turn.log_in, "exchanges": turn.exchanges, "lifetime": lifetime}
    for (exchanges,) in fetch(module, _EXCHANGE, values):
        return Turn(turn.log_in, exchanges)
    if execute(module, _END_REUSED, {**values, "race": timedelta(seconds=RACE_SECONDS)}):
        log.warning("refresh_token_reused", module=module, user_id=str(user_id), log_in=str(turn.log_in))
    return None


def end(module: str, log_in: uuid.UUID) -> None:
    """End one log-in; nothing where it is ended."""
    execute(module, _END, [module, log_in])


def end_all(module: str, user_id: UserId) -> None:
    """End all log-ins of a user."""
    execute(module, _END_ALL, [module, str(user_id)])
