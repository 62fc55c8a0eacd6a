import uuid

from django.db import models
from django.db.models import F, Q


class Stock(models.Model):
    """How many pieces of a product there are; those reserved are on hand too, but not available."""

    sku = models.CharField(primary_key=True, max_length=40)
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
            models.CheckConstraint(condition=Q(on_hand__gte=F("reserved")), name="stock_never_oversold"),
        ]
        verbose_name_plural = "stock"

    def __str__(self) -> str:
        return self.sku


class Reservation(models.Model):
    """What an order holds, or why it can hold nothing any more."""

    class State(models.TextChoices):
        HELD = "held"
        SHIPPED = "shipped"
        RELEASED = "released"

    order_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8, choices=State)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("held", "shipped", "released")), name="reservation_state_known"
            )
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(state="held"), name="reservation_held")]

    def __str__(self) -> str:
        return f"{self.order_id} ({self.state})"


class ReservationLine(models.Model):
    """So many pieces of one product, held for an order."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, db_column="sku")
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "stock"], name="reservation_once_per_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.stock_id}"


class Adjustment(models.Model):
    """Pieces that came or went other than by an order, and why. Rows are added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, db_column="sku", related_name="adjustments")
    quantity = models.IntegerField()
    """Signed difference."""
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.quantity:+d} of {self.stock_id}: {self.reason}"
