"""What becomes of the leases in a module's tables when another deployable becomes its owner.

Nobody can settle what was leased by the owner before: its writes are refused. So the new owner need not wait until
those leases lapse, and a delivery that was under way is no failure. Whoever changes the owner runs these statements,
while writers wait: each finds its rows by an index.
"""

RELEASE_LEASES = (
    # What a handler did and could not be noted is delivered again, and its subscriber remembers it.
    "UPDATE seamline_outbox SET state = 'pending', due_at = now() WHERE module = {module} AND state = 'delivering'",
    """
    UPDATE seamline_idempotent_request SET due_at = now()
    WHERE module = {module} AND status IS NULL AND due_at > now() AND created_at > now() - interval '1 hour'
    """,
    """
    UPDATE seamline_saga SET due_at = now()
    WHERE module = {module} AND state IN ('running', 'compensating') AND due_at > now()
    """,
    # One that has begun and not ended is begun again: the row says so while it is under way.
    """
    UPDATE seamline_job SET due_at = now()
    WHERE module = {module} AND attempts > 0 AND ended_at IS NULL AND due_at > now()
    """,
)
