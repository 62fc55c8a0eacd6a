import uuid

from django.db import models
from django.db.models import Q


class Product(models.Model):
    """Something for sale. The database keeps the words of its name and SKU in `search`, a column that is not here."""

    id = models.UUIDField(unique=True, default=uuid.uuid4)
    """Of the request that added it: the same request again finds its own product."""
    sku = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    price = models.BigIntegerField()
    """Of one piece, in minor units."""
    currency = models.CharField(max_length=3)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-sku"], condition=Q(active=True), name="product_newest")]
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative")]

    def __str__(self) -> str:
        return self.name
