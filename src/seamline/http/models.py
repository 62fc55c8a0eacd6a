"""Tables of requests: those that came with a key, and how many came of whom. They stand in every module's database."""

from django.db import models

from seamline.encryption import EncryptedBinaryField


class IdempotentRequest(models.Model):
    """An HTTP request that came with an Idempotency-Key, and the response it was given."""

    id = models.UUIDField(primary_key=True)
    module = models.CharField(max_length=60)
    owner = models.CharField(max_length=64)
    key = models.CharField(max_length=100)
    fingerprint = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    """HTTP status of the stored response; null while the first request is under way."""
    body = EncryptedBinaryField(default=b"")
    location = models.TextField(default="")
    due_at = models.DateTimeField()
    """When another process may take it over; put off while it is worked on."""
    attempts = models.IntegerField(db_default=1)
    """Fencing token: leases so far; only the holder of the latest may settle it."""
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seamline_idempotent_request"
        constraints = [models.UniqueConstraint(fields=["module", "owner", "key"], name="request_once_per_key")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"


class ThrottleCount(models.Model):
    """How much of an allowance is spent."""

    pk = models.CompositePrimaryKey("module", "key")
    module = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    """Keyed digest of the throttle's name and of whom it is counted for."""
    spent_until = models.DateTimeField()
    """When all of it has come back."""

    class Meta:
        db_table = "seamline_throttle"

    def __str__(self) -> str:
        return self.key
