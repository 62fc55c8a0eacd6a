from django.db import models
from django.db.models import Q

from contracts.orders import OrderStatus


class Order(models.Model):
    """What a customer ordered, at the prices they ordered it for. Amounts are in minor units."""

    id = models.UUIDField(primary_key=True)
    customer_id = models.UUIDField()
    status = models.CharField(max_length=12, choices=[(status, status) for status in OrderStatus])
    currency = models.CharField(max_length=3)
    discount = models.BigIntegerField()
    total = models.BigIntegerField()
    coupon = models.CharField(max_length=20, null=True)  # noqa: DJ001  absent and empty differ
    coupon_slot = models.PositiveSmallIntegerField(null=True, blank=True)
    """Which of the uses of the coupon that its customer may have, where they are limited."""
    pending_slot = models.PositiveSmallIntegerField(null=True, blank=True)
    """Which of the pending orders that its customer may have."""
    payment_method = models.CharField(max_length=100)
    payment_id = models.UUIDField(null=True)
    refusal = models.CharField(max_length=100, default="", blank=True)
    """Code of the error that refused it."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(condition=Q(discount__gte=0), name="order_discount_not_negative"),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in OrderStatus]), name="order_status_known"
            ),
            models.CheckConstraint(
                condition=Q(payment_id__isnull=False) | Q(status__in=("pending", "refused", "cancelled")),
                name="order_paid_if_confirmed",
            ),
            models.UniqueConstraint(
                fields=["customer_id", "pending_slot"], condition=Q(status="pending"), name="order_pending_slot"
            ),
            models.UniqueConstraint(
                fields=["customer_id", "coupon", "coupon_slot"],
                condition=Q(coupon_slot__isnull=False) & ~Q(status__in=("refused", "cancelled")),
                name="order_coupon_slot",
            ),
        ]
        indexes = [models.Index(fields=["customer_id", "-created_at", "-id"], name="order_newest")]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"


class OrderLine(models.Model):
    """So many pieces of one product."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    quantity = models.IntegerField()
    price = models.BigIntegerField()
    """Of one piece."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], name="order_line_once_per_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(condition=Q(price__gte=0), name="order_line_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.sku}"


class Coupon(models.Model):
    """A code that takes some percent off an order."""

    code = models.CharField(primary_key=True, max_length=20)
    percent = models.PositiveSmallIntegerField()
    active = models.BooleanField(default=True)
    per_customer = models.PositiveSmallIntegerField(null=True, blank=True, default=1, db_default=1)
    """How often one customer may use it; null for as often as they like."""

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(percent__range=(1, 100)), name="coupon_percent_in_range")]

    def __str__(self) -> str:
        return f"{self.code}: {self.percent} %"
