"""Tables of durable work: sagas and periodic jobs. They stand in every module's database."""

from django.db import models

from seamline.work.states import SagaState


class SagaRecord(models.Model):
    """How far a flow over several modules has come."""

    pk = models.CompositePrimaryKey("module", "id")
    module = models.CharField(max_length=60)
    id = models.UUIDField()
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=14, choices=SagaState, default=SagaState.RUNNING)
    step = models.SmallIntegerField(default=0)
    """Number of the step that it stopped at, or of the last one to compensate."""
    attempts = models.IntegerField(default=0)
    """Fencing token: leases so far; only the holder of the latest may move it."""
    reason = models.TextField(default="")
    """The encoded failure that it compensates for."""
    deadline = models.DateTimeField()
    """When it compensates by itself if it is still waiting."""
    due_at = models.DateTimeField()
    """When it may be worked on next; while a process does, when the lease lapses."""
    request_id = models.CharField(max_length=64)
    traceparent = models.CharField(max_length=64, null=True)  # noqa: DJ001  absent and empty differ
    started_at = models.DateTimeField()

    class Meta:
        db_table = "seamline_saga"
        indexes = [
            models.Index(
                fields=["module", "due_at"],
                condition=models.Q(state__in=["running", "compensating"]),
                name="saga_unfinished",
            ),
            models.Index(
                fields=["module", "started_at"],
                condition=models.Q(state__in=["done", "compensated"]),
                name="saga_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id} ({self.state})"


class JobRecord(models.Model):
    """When a periodic job is due next; whoever moves the time forward runs it."""

    pk = models.CompositePrimaryKey("module", "name")
    module = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    attempts = models.IntegerField(default=0)
    """Runs so far."""
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When the last run ended."""
    seconds = models.FloatField(null=True)
    """How long it took."""
    error = models.TextField(null=True)  # noqa: DJ001  absent: it went well
    """What it failed with."""

    class Meta:
        db_table = "seamline_job"

    def __str__(self) -> str:
        return self.name
