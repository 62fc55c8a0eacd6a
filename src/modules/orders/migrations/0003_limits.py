from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_total_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="coupon",
            name="per_customer",
            field=models.PositiveSmallIntegerField(blank=True, db_default=1, default=1, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="coupon_slot",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="pending_slot",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        # Who used a coupon before has used it.
        migrations.RunSQL(
            """
            UPDATE orders_order SET coupon_slot = 1 WHERE id IN (
                SELECT DISTINCT ON (customer_id, coupon) id FROM orders_order
                WHERE coupon IS NOT NULL AND status NOT IN ('refused', 'cancelled')
                ORDER BY customer_id, coupon, created_at)
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "pending")),
                fields=("customer_id", "pending_slot"),
                name="order_pending_slot",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("coupon_slot__isnull", False), models.Q(("status__in", ("refused", "cancelled")), _negated=True)
                ),
                fields=("customer_id", "coupon", "coupon_slot"),
                name="order_coupon_slot",
            ),
        ),
    ]
