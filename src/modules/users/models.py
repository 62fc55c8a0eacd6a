import uuid

from django.core.validators import EmailValidator
from django.db import models
from django.db.models import Q

from seamline.encryption import DigestField, EncryptedTextField


class User(models.Model):
    """A customer, or a member of staff where there are scopes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # Unique for the version before, which stores it as it is.
    email = EncryptedTextField(unique=True, max_length=254, validators=[EmailValidator()])
    """In lower case."""
    email_digest = DigestField("email", unique=True)
    password = models.CharField(max_length=200)
    """Hashed."""
    nickname = EncryptedTextField(max_length=40)
    scopes = models.CharField(max_length=500, default="", blank=True)
    """Words such as `orders:write`, with spaces between."""
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        # The admin's log keeps it, where nothing is encrypted.
        return str(self.id)


class PointsEntry(models.Model):
    """One line of the points ledger. Lines are added, never changed."""

    class Reason(models.TextChoices):
        ORDER = "order"
        TAKEN_BACK = "taken_back"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="points")
    order_id = models.UUIDField()
    points = models.BigIntegerField()
    reason = models.CharField(max_length=12, choices=Reason)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id", "reason"], name="points_once_per_order_and_reason"),
            models.CheckConstraint(
                condition=Q(reason="order", points__gte=0) | Q(reason="taken_back", points__lte=0),
                name="points_earned_or_taken_back",
            ),
        ]
        verbose_name_plural = "points entries"

    def __str__(self) -> str:
        return f"{self.points:+d} for {self.reason} {self.order_id}"
