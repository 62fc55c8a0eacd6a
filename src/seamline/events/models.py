"""Tables of events: what is on its way, what was handled, who subscribes. They stand in every module's database."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models

from seamline.encryption import EncryptedTextField


class OutboxState(models.TextChoices):
    PENDING = "pending"
    DELIVERING = "delivering"
    DONE = "done"
    DEAD = "dead"
    DISCARDED = "discarded"
    """Dead, and given up by a person."""


class OutboxMessage(models.Model):
    """An event on its way to one subscriber, committed together with what it tells of."""

    id = models.BigAutoField(primary_key=True)
    module = models.CharField(max_length=60)
    """The publisher."""
    event_id = models.UUIDField()
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    subscriber = models.CharField(max_length=60)
    payload = EncryptedTextField()
    mentions = ArrayField(models.TextField(), null=True)
    """The ids in the payload: null where it was published before there was such a column."""
    request_id = models.CharField(max_length=64)
    traceparent = models.CharField(max_length=64, null=True)  # noqa: DJ001  absent and empty differ
    state = models.CharField(max_length=12, choices=OutboxState, default=OutboxState.PENDING)
    attempts = models.IntegerField(default=0)
    """Fencing token: leases so far; only the holder of the latest may settle it."""
    failures = models.IntegerField(default=0)
    """Deliveries that went wrong; those while the subscriber was unreachable do not count."""
    due_at = models.DateTimeField()
    """When it may be tried next; while delivering, when the lease lapses."""
    last_error = models.TextField(default="")
    published_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    """When it was delivered for the first time, or discarded."""

    class Meta:
        db_table = "seamline_outbox"
        verbose_name = "event"
        constraints = [models.UniqueConstraint(fields=["event_id", "subscriber"], name="outbox_once_per_subscriber")]
        indexes = [
            models.Index(
                fields=["module", "subscriber", "key", "id"],
                condition=models.Q(state__in=["pending", "delivering", "dead"]),
                name="outbox_open_by_key",
            ),
            models.Index(
                fields=["module", "subscriber", "id"],
                condition=models.Q(state__in=["pending", "delivering"]),
                name="outbox_to_do",
            ),
            models.Index(
                fields=["module", "subscriber", "key", "id"], condition=models.Q(state="dead"), name="outbox_dead"
            ),
            models.Index(
                fields=["module", "done_at"],
                condition=models.Q(state__in=["done", "discarded"]),
                name="outbox_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.subscriber} ({self.state})"


class InboxMessage(models.Model):
    """An event whose effect is in this database: the row commits with it, so that a second delivery does nothing."""

    pk = models.CompositePrimaryKey("module", "event_id")
    module = models.CharField(max_length=60)
    """The subscriber."""
    event_id = models.UUIDField()
    name = models.CharField(max_length=200)
    handled_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seamline_inbox"

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class Subscription(models.Model):
    """Who listens to an event of a module; kept with it, so that the publisher need not know its listeners."""

    module = models.CharField(max_length=60)
    """The publisher."""
    event = models.CharField(max_length=200)
    subscriber = models.CharField(max_length=60)
    backoff_until = models.DateTimeField(db_default=TransactionNow())
    """Until when the subscriber is left alone, because it could not be reached."""

    class Meta:
        db_table = "seamline_subscription"
        constraints = [models.UniqueConstraint(fields=["module", "event", "subscriber"], name="subscription_once")]

    def __str__(self) -> str:
        return f"{self.subscriber} listens to {self.event}"
