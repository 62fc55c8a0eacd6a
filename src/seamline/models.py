"""Tables that stand in every module's database, and move with it."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models


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
    event_id = models.UUIDField()
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    subscriber = models.CharField(max_length=60)
    payload = models.TextField()
    request_id = models.CharField(max_length=64)
    traceparent = models.CharField(max_length=64, null=True)  # noqa: DJ001  absent and empty differ
    state = models.CharField(max_length=12, choices=OutboxState, default=OutboxState.PENDING)
    attempts = models.IntegerField(default=0)
    """Claims; only the holder of the latest may settle it."""
    failures = models.IntegerField(default=0)
    """Deliveries that went wrong; those while the subscriber was away do not count."""
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
                fields=["subscriber", "key", "id"],
                condition=models.Q(state__in=["pending", "delivering", "dead"]),
                name="outbox_open_by_key",
            ),
            models.Index(
                fields=["subscriber", "id"],
                condition=models.Q(state__in=["pending", "delivering"]),
                name="outbox_to_do",
            ),
            models.Index(fields=["subscriber", "key", "id"], condition=models.Q(state="dead"), name="outbox_dead"),
            models.Index(
                fields=["done_at"], condition=models.Q(state__in=["done", "discarded"]), name="outbox_settled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.subscriber} ({self.state})"


class InboxMessage(models.Model):
    """An event whose effect is in this database: the row commits with it, so that a second delivery does nothing."""

    event_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    handled_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seamline_inbox"

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class Subscription(models.Model):
    """Who listens to an event of this module; kept here, so that the publisher need not know its listeners."""

    event = models.CharField(max_length=200)
    subscriber = models.CharField(max_length=60)
    backoff_until = models.DateTimeField(db_default=TransactionNow())
    """Until when the subscriber is left alone, because it could not be reached."""

    class Meta:
        db_table = "seamline_subscription"
        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="subscription_once")]

    def __str__(self) -> str:
        return f"{self.subscriber} listens to {self.event}"


class IdempotentCommand(models.Model):
    """A command's idempotency key and the answer it was given."""

    key = models.CharField(max_length=100, primary_key=True)
    operation = models.CharField(max_length=200)
    fingerprint = models.BinaryField()
    answer = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seamline_idempotent_command"

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"


class IdempotentRequest(models.Model):
    """An HTTP request that came with an Idempotency-Key, and the response it was given."""

    id = models.UUIDField(primary_key=True)
    owner = models.CharField(max_length=64)
    key = models.CharField(max_length=100)
    fingerprint = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    """HTTP status of the stored response; null while the first request is under way."""
    body = models.BinaryField(default=b"")
    location = models.TextField(default="")
    claimed_until = models.DateTimeField()
    """Until when its holder may be taken to live; renewed while it is worked on."""
    attempts = models.IntegerField(db_default=1)
    """Claims; only the holder of the latest may settle it."""
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seamline_idempotent_request"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="request_once_per_key")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"


class SagaState(models.TextChoices):
    RUNNING = "running"
    COMPENSATING = "compensating"
    DONE = "done"
    COMPENSATED = "compensated"


class SagaRecord(models.Model):
    """How far a flow over several modules has come."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=14, choices=SagaState, default=SagaState.RUNNING)
    step = models.SmallIntegerField(default=0)
    """Number of the step that it stopped at, or of the last one to compensate."""
    attempts = models.IntegerField(default=0)
    reason = models.TextField(default="")
    """The encoded refusal that made it turn back."""
    deadline = models.DateTimeField()
    """When it turns back by itself if it is still waiting."""
    claimed_until = models.DateTimeField()
    """Until when the process that works on it may hold it; also when it is tried next."""
    request_id = models.CharField(max_length=64)
    traceparent = models.CharField(max_length=64, null=True)  # noqa: DJ001  absent and empty differ
    started_at = models.DateTimeField()

    class Meta:
        db_table = "seamline_saga"
        indexes = [
            models.Index(
                fields=["claimed_until"],
                condition=models.Q(state__in=["running", "compensating"]),
                name="saga_unfinished",
            ),
            models.Index(
                fields=["started_at"],
                condition=models.Q(state__in=["done", "compensated"]),
                name="saga_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id} ({self.state})"


class JobRecord(models.Model):
    """When a periodic job is due next; whoever moves the time forward runs it."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField()

    class Meta:
        db_table = "seamline_job"

    def __str__(self) -> str:
        return self.name
