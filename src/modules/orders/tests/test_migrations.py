"""What a migration makes of rows that were there before."""

from uuid import uuid4

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from contracts.inventory import StockLine
from contracts.users import Profile
from modules.orders import models, service
from modules.orders.errors import CouponUsed

pytestmark = pytest.mark.django_db(databases=["orders"])


def migrate(name: str) -> None:
    MigrationExecutor(connections["orders"]).migrate([("orders", name)])


def test_who_used_a_coupon_before_there_was_a_limit_has_used_it() -> None:
    often, never = uuid4(), uuid4()
    models.Coupon.objects.create(code="TEN", percent=10)
    migrate("0002_total_order")
    with connections["orders"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_order (id, customer_id, status, currency, discount, total, coupon, payment_method,"
            " payment_id, refusal, created_at) SELECT gen_random_uuid(), %s, status, 'EUR', 0, 1, 'TEN', 'x:y',"
            " gen_random_uuid(), '', now() FROM unnest(ARRAY['refused', 'delivered', 'delivered']) AS status",
            [often],
        )
    migrate("0003_limits")
    assert sorted(models.Order.objects.values_list("coupon_slot", flat=True), key=str) == [1, None, None]
    for customer, refused in ((never, False), (often, True)):
        try:
            service.place(uuid4(), Profile(customer, "Ada"), (StockLine("MUG", 1),), "TEN", "sandbox:approve")
            assert not refused
        except CouponUsed:
            assert refused
