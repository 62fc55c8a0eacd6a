"""What the runtime's own tables need not remember any longer."""

from seamline.databases import execute, transaction

_STATEMENTS = (
    # A person should see what nobody listens to any more; a subscriber that comes back within a day misses nothing.
    """
    UPDATE seamline_outbox AS event SET state = 'dead', last_error = 'the subscriber listens to it no more'
    WHERE module = %(module)s AND state = 'pending' AND published_at < now() - interval '1 day' AND NOT EXISTS (
        SELECT FROM seamline_subscription AS wanted
        WHERE wanted.module = event.module AND wanted.subscriber = event.subscriber AND wanted.event = event.name)
    """,
    """
    DELETE FROM seamline_outbox
    WHERE module = %(module)s AND state IN ('done', 'discarded') AND done_at < now() - interval '7 days'
    """,
    "DELETE FROM seamline_inbox WHERE module = %(module)s AND handled_at < now() - interval '30 days'",
    "DELETE FROM seamline_idempotent_command WHERE module = %(module)s AND created_at < now() - interval '7 days'",
    "DELETE FROM seamline_idempotent_request WHERE module = %(module)s AND created_at < now() - interval '2 days'",
    "DELETE FROM seamline_throttle WHERE module = %(module)s AND spent_until < now() - interval '1 day'",
    "DELETE FROM seamline_log_in WHERE module = %(module)s AND expires_at < now() - interval '1 day'",
    """
    DELETE FROM seamline_saga
    WHERE module = %(module)s AND state IN ('done', 'compensated') AND started_at < now() - interval '30 days'
    """,
)


def prune(module: str) -> None:
    """Delete what is old in a module's tables, and mark dead what nobody listens to any more."""
    with transaction(module):
        for statement in _STATEMENTS:
            execute(module, statement, {"module": module})
