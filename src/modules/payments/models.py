import uuid

from django.db import models
from django.db.models import F, Q

from contracts.payments import PaymentStatus


class Payment(models.Model):
    """The one payment of an order. What was authorised is captured whole, for the amount never changes."""

    id = models.UUIDField(primary_key=True)
    order_id = models.UUIDField(unique=True)
    customer_id = models.UUIDField(null=True, db_index=True)
    """Null where the order was given up before its payment was asked for."""
    amount = models.BigIntegerField()
    """In minor units."""
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=100)
    status = models.CharField(max_length=12, choices=[(status, status) for status in PaymentStatus])
    refunded = models.BigIntegerField(default=0)
    """In minor units."""
    reason = models.CharField(max_length=200, default="", blank=True)
    """Why it was declined."""
    void_again_at = models.DateTimeField(null=True, blank=True)
    """When to void it once more: the provider was being asked, and may have set the money aside after it was voided."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="payment_pending"),
            models.Index(
                fields=["void_again_at"], condition=Q(void_again_at__isnull=False), name="payment_to_void_again"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=F("amount")), name="payment_refunded_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(refunded=0) | Q(status__in=("captured", "refunded")), name="payment_refunded_if_captured"
            ),
            models.CheckConstraint(
                condition=~Q(status="refunded") | Q(refunded=F("amount")), name="payment_refunded_in_whole"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in PaymentStatus]), name="payment_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"


class Refund(models.Model):
    """Money that went back to the customer. Rows are added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    """In minor units."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"
