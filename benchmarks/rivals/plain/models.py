"""The tables of `benchmarks.rivals.databases`, as models."""

from django.db import models


class Product(models.Model):
    sku = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    description = models.TextField()
    price = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "product"

    def __str__(self) -> str:
        return self.sku


class Order(models.Model):
    id = models.UUIDField(primary_key=True)
    customer_id = models.UUIDField()
    status = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    discount = models.BigIntegerField()
    total = models.BigIntegerField()
    coupon = models.CharField(max_length=20, null=True)  # noqa: DJ001  as Seam's
    payment_method = models.CharField(max_length=100)
    payment_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "orders"

    def __str__(self) -> str:
        return str(self.id)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    quantity = models.IntegerField()
    price = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "order_line"

    def __str__(self) -> str:
        return self.sku


class Account(models.Model):
    id = models.UUIDField(primary_key=True)
    nickname = models.CharField(max_length=40)
    is_active = models.BooleanField()

    class Meta:
        managed = False
        db_table = "account"

    def __str__(self) -> str:
        return self.nickname


class Stock(models.Model):
    sku = models.CharField(primary_key=True, max_length=40)
    on_hand = models.BigIntegerField()
    reserved = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "stock"

    def __str__(self) -> str:
        return self.sku


class Reservation(models.Model):
    order_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "reservation"

    def __str__(self) -> str:
        return str(self.order_id)


class ReservationLine(models.Model):
    order = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, db_column="sku")
    quantity = models.IntegerField()

    class Meta:
        managed = False
        db_table = "reservation_line"

    def __str__(self) -> str:
        return f"{self.quantity} of {self.stock_id}"


class Payment(models.Model):
    id = models.UUIDField(primary_key=True)
    order_id = models.UUIDField(unique=True)
    customer_id = models.UUIDField(null=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=100)
    status = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "payment"

    def __str__(self) -> str:
        return str(self.order_id)
