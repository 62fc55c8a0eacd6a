import uuid

from django.db import models

from seamline.encryption import EncryptedTextField


class Notification(models.Model):
    """One thing a customer was told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    text = EncryptedTextField(max_length=500)
    order_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "-created_at", "-id"], name="notification_newest"),
            models.Index(fields=["order_id"], name="notification_by_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
