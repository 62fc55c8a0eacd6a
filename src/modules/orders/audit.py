from modules.orders.models import Order
from seamline.audit import Fact, Facts, fact, text_of_counts


def _order(row: Order) -> Fact:
    return fact(
        row.id,
        row.created_at,
        status=row.status,
        customer_id=row.customer_id,
        payment_id=row.payment_id,
        amount=row.total,
        currency=row.currency,
        pieces=text_of_counts({line.sku: line.quantity for line in row.lines.all()}),
    )


FACTS = (Facts("order", lambda: Order.objects.prefetch_related("lines"), "id", _order),)
