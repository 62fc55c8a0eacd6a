"""Has every payment its order, do its refunds add up, was the customer told of each, and is what was voided free?"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from contracts.notifications import Notifications
from contracts.orders import Orders
from contracts.payments import PaymentStatus
from modules.payments.models import Payment
from seamline.audit import Checked, Finding, is_young, moving, pages, undo
from seamline.calls import call

NOTHING = (PaymentStatus.DECLINED, PaymentStatus.VOIDED)
"""Of these no money is taken, and none is held for long."""


def checks() -> Iterator[Checked]:
    # One statement for all of a payment, so that nothing changes between two looks.
    rows = Payment.objects.annotate(given=Coalesce(Sum("refunds__amount"), 0), times=Count("refunds"))
    for payments in pages(rows):
        yield Checked(
            len(payments), (*_refunds(payments), *_held(payments), *_without_order(payments), *_untold(payments))
        )


def _refunds(payments: Sequence[Any]) -> Iterator[Finding]:
    for row in payments:
        if row.refunded != row.given:
            problem = f"{row.refunded} are said to be refunded, and its refunds are {row.given}"
            yield Finding(f"payment {row.id}", problem)


def _held(payments: Sequence[Any]) -> Iterator[Finding]:
    for row in payments:
        if row.void_again_at and not is_young(row.void_again_at):
            problem = "is voided, and its provider may still hold the money: it was not voided again yet"
            yield Finding(f"payment {row.id}", problem, settling=True)


def _without_order(payments: Sequence[Any]) -> Iterator[Finding]:
    charged = [row for row in payments if row.status not in (*NOTHING, PaymentStatus.REFUNDED)]
    known = {order.id for order in call(Orders).orders(tuple(row.order_id for row in charged))}
    for row in charged:
        if row.order_id not in known:
            problem = f"is {row.status}, and its order {row.order_id} does not exist"
            remedy = undo("payments", f"cancel('{row.order_id}')")
            yield Finding(f"payment {row.id}", problem, is_young(row.created_at), remedy)


def _untold(payments: Sequence[Any]) -> Iterator[Finding]:
    refunded = [row for row in payments if row.times and row.customer_id]
    order_ids = tuple(row.order_id for row in refunded)
    under_way = moving("payments", order_ids)
    told = {
        told.order_id: told.times for told in call(Notifications).told(order_ids) if told.kind == "payment_refunded"
    }
    for row in refunded:
        if told.get(row.order_id, 0) != row.times:
            problem = f"was refunded {row.times} times, and its customer told {told.get(row.order_id, 0)} times"
            yield Finding(f"payment {row.id}", problem, str(row.order_id) in under_way)
