import enum
import uuid

from django.db import models
from django.db.models import F, Q

from contracts.payments import PaymentStatus


class Operation(enum.StrEnum):
    """What a provider is asked to do with money."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class State(enum.StrEnum):
    """A request and its answer, each an entry of its own."""

    REQUEST = "request"
    SUCCESS = "success"
    FAILURE = "failure"


class Payment(models.Model):
    """The one payment of an order. What was authorised is captured whole, for the amount never changes.

    `status`, `refunded`, `reason` and `unanswered_since` follow from the ledger, and are kept to be looked for.
    """

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
    """Of versions before the ledger; their payments have it in `unanswered_since` too."""
    unanswered_since = models.DateTimeField(null=True, blank=True)
    """Since when the provider owes an answer; the oldest of its open requests."""
    compare_at = models.DateTimeField(null=True, blank=True)
    """When to compare the provider's record with the ledger; none where that was done since the last change."""
    difference = models.CharField(max_length=200, default="", db_default="", blank=True)
    """What the provider's record had otherwise than the ledger, when they were compared last."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="payment_pending"),
            models.Index(
                fields=["void_again_at"], condition=Q(void_again_at__isnull=False), name="payment_to_void_again"
            ),
            models.Index(
                fields=["unanswered_since"], condition=Q(unanswered_since__isnull=False), name="payment_unanswered"
            ),
            models.Index(fields=["compare_at"], condition=Q(compare_at__isnull=False), name="payment_to_compare"),
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
    """Money that was to go back to the customer: what was asked for by API. Whether it went, the ledger says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    """In minor units."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"


class LedgerEntry(models.Model):
    """A request to a provider, or its answer. Entries are added, never changed: what a payment is follows from them."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    operation = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Operation])
    key = models.CharField(max_length=50)
    """Of the request among those of its payment; by it the provider knows a repeat, and the answer has it too."""
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in State])
    amount = models.BigIntegerField()
    """In minor units."""
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=20, blank=True)
    """Empty where there was nobody to ask."""
    reference = models.CharField(max_length=100, default="", blank=True)
    """The provider's name for the payment, or for the refund in its answer."""
    reason = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "ledger"
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "key"], condition=Q(state="request"), name="ledgerentry_asked_once"
            ),
            models.UniqueConstraint(
                fields=["payment", "key"], condition=~Q(state="request"), name="ledgerentry_answered_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="ledgerentry_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(operation__in=[each.value for each in Operation]), name="ledgerentry_operation_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in State]), name="ledgerentry_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.state} of {self.payment_id}"


class ProviderEvent(models.Model):
    """A callback that was taken, so that it is taken once."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    signature = models.CharField(max_length=64)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="providerevent_once")]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
