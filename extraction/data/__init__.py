"""A module's data goes along: copy its database into another that has the same tables, and compare the two.

The copy is of one snapshot of the source. What the runtime keeps beside a module's own tables (outbox, inbox, keys of
idempotency, sagas, subscriptions, times of jobs) stands in the same database, and so is part of it.
"""

from extraction.data.copying import Copied, copy, refuse_unready
from extraction.data.database import Database, open_database
from extraction.data.progress import bar
from extraction.data.verifying import verify

__all__ = ["Copied", "Database", "bar", "copy", "open_database", "refuse_unready", "verify"]
