import uuid

from django.db import models


class Product(models.Model):
    """Something for sale."""

    id = models.UUIDField(unique=True, default=uuid.uuid4)
    """Of the request that added it: the same request again finds its own product."""
    sku = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    price = models.BigIntegerField()
    """Of one piece, in minor units."""
    currency = models.CharField(max_length=3)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(price__gte=0), name="product_price_not_negative")]

    def __str__(self) -> str:
        return self.name
