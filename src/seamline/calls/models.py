"""The table of commands that were answered. It stands in every module's database."""

from django.db import models

from seamline.encryption import EncryptedBinaryField


class IdempotentCommand(models.Model):
    """A command's idempotency key and the answer it was given."""

    pk = models.CompositePrimaryKey("module", "key")
    module = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    operation = models.CharField(max_length=200)
    fingerprint = models.BinaryField()
    answer = EncryptedBinaryField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seamline_idempotent_command"

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
