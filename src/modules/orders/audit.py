"""Is every order in the state that stock, payment, points and the customer's notifications say it is in?"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts.inventory import Inventory, ReservationState, ReservationStatus
from contracts.notifications import Notifications
from contracts.orders import Order, OrderStatus
from contracts.payments import Payment, Payments, PaymentStatus
from contracts.users import OrderPoints, Users
from modules.orders import models, queries
from seamline.audit import Checked, Finding, is_young, moving, pages
from seamline.calls import call
from seamline.contract import Money
from seamline.work import SagaState
from seamline.work.models import SagaRecord


class Expected(NamedTuple):
    """What the others should say of an order."""

    stock: ReservationState
    payments: tuple[PaymentStatus | None, ...]
    told: tuple[str, ...] = ()
    earns: bool = False
    gives_back: bool = False


_SOLD = Expected(
    ReservationState.SHIPPED,
    (PaymentStatus.CAPTURED, PaymentStatus.REFUNDED),
    ("order_confirmed", "order_shipped"),
    earns=True,
)
EXPECTED = {
    OrderStatus.CONFIRMED: Expected(
        ReservationState.HELD, (PaymentStatus.AUTHORISED,), ("order_confirmed",), earns=True
    ),
    OrderStatus.REFUSED: Expected(ReservationState.RELEASED, (None, PaymentStatus.VOIDED, PaymentStatus.DECLINED)),
    OrderStatus.SHIPPED: _SOLD,
    OrderStatus.DELIVERED: _SOLD,
    OrderStatus.CANCELLED: Expected(
        ReservationState.RELEASED, (PaymentStatus.VOIDED, PaymentStatus.DECLINED), ("order_cancelled",)
    ),
    OrderStatus.RETURNED: Expected(
        ReservationState.RELEASED,
        (PaymentStatus.REFUNDED,),
        ("order_confirmed", "order_shipped", "order_returned"),
        earns=True,
        gives_back=True,
    ),
}
MAY_BE_TOLD = {OrderStatus.CANCELLED: {"order_confirmed"}}
"""What may have been told too: an order may be cancelled before and after it is confirmed."""


class Others(NamedTuple):
    """What the other modules say of an order."""

    reservation: ReservationStatus | None
    payment: Payment | None
    points: OrderPoints | None
    told: dict[str, int]


def checks() -> Iterator[Checked]:
    for rows in pages(models.Order.objects.only("id")):
        found = list(_findings([row.id for row in rows]))
        # An order may have moved on between two of the questions: what is wrong is so when asked again.
        again = {(finding.subject, finding.problem) for finding in _findings(_ids(found))} if found else set()
        yield Checked(len(rows), tuple(finding for finding in found if (finding.subject, finding.problem) in again))


def _ids(findings: Sequence[Finding]) -> list[UUID]:
    return [UUID(subject) for subject in {finding.subject.rpartition(" ")[2] for finding in findings}]


def _findings(order_ids: list[UUID]) -> Iterator[Finding]:
    under_way = moving("orders", order_ids)
    unfinished = SagaRecord.objects.using("orders").filter(
        module="orders", state__in=(SagaState.RUNNING, SagaState.COMPENSATING)
    )
    in_checkout = set(unfinished.filter(id__in=order_ids).values_list("id", flat=True))
    orders = queries.orders(tuple(order_ids))
    others = _others(tuple(order_ids))
    for order in orders:
        settling = str(order.id) in under_way or is_young(order.created_at)
        if order.status is OrderStatus.PENDING:
            problems = _of_pending(order, others[order.id], order.id in in_checkout)
        else:
            problems = _of_settled(order, others[order.id], EXPECTED[order.status])
        for problem in problems:
            yield Finding(f"order {order.id}", f"it is {order.status}, and {problem}", settling)


def _others(order_ids: tuple[UUID, ...]) -> dict[UUID, Others]:
    reservations = {found.order_id: found for found in call(Inventory).reservations(order_ids)}
    payments = {found.order_id: found for found in call(Payments).payments(order_ids)}
    points = {found.order_id: found for found in call(Users).points_of_orders(order_ids)}
    told: dict[UUID, dict[str, int]] = {}
    for found in call(Notifications).told(order_ids):
        told.setdefault(found.order_id, {})[found.kind] = found.times
    return {id: Others(reservations.get(id), payments.get(id), points.get(id), told.get(id, {})) for id in order_ids}


def _of_pending(order: Order, others: Others, in_checkout: bool) -> Iterator[str]:
    if not in_checkout:
        yield "no checkout works on it"
    elif others.payment is None:
        yield "its checkout has not come to the payment"
    elif others.payment.status is not PaymentStatus.PENDING:
        yield f"its payment is {others.payment.status}"
    else:
        yield from _stock(order, others.reservation, ReservationState.HELD)


def _of_settled(order: Order, others: Others, expected: Expected) -> Iterator[str]:
    yield from _stock(order, others.reservation, expected.stock)
    yield from _payment(order, others.payment, expected)
    yield from _points(order, others.points, expected)
    yield from _told(order, others.told, expected)


def _stock(order: Order, found: ReservationStatus | None, state: ReservationState) -> Iterator[str]:
    if found is None:
        yield "it has no reservation"
    elif found.state is not state:
        yield f"its reservation is {found.state}, not {state}"
    elif state is not ReservationState.RELEASED and _lines(order) != _lines(found):
        yield "its reservation is of other pieces than were ordered"


def _lines(order: Order | ReservationStatus) -> dict[str, int]:
    return {line.sku: line.quantity for line in order.lines}


def _payment(order: Order, found: Payment | None, expected: Expected) -> Iterator[str]:
    status = found.status if found else None
    if status not in expected.payments:
        wanted = " or ".join(each or "none" for each in expected.payments)
        yield f"its payment is {status}, not {wanted}" if status else "it has no payment"
    elif found and expected.earns and (found.id, found.amount) != (order.payment_id, order.total):
        paid, total = (f"{money.amount} {money.currency}" for money in (found.amount, order.total))
        yield f"its payment {found.id} is of {paid}, not {order.payment_id} of {total}"


def _points(order: Order, found: OrderPoints | None, expected: Expected) -> Iterator[str]:
    worth = _worth(order.total)
    earned, back = (found.earned, found.taken_back) if found else (0, 0)
    if order.status is OrderStatus.CANCELLED:
        if earned not in (0, worth) or back != earned:
            yield f"it earned {earned} points, of which {back} were taken back"
    elif (earned, back) != (worth * expected.earns, worth * expected.gives_back):
        yield f"it earned {earned} points, of which {back} were taken back; it is worth {worth}"
    if found and found.user_id != order.customer_id:
        yield f"its points are user {found.user_id}'s"


def _worth(total: Money) -> int:
    """In points: one for each whole unit of currency."""
    return total.whole_units


def _told(order: Order, told: dict[str, int], expected: Expected) -> Iterator[str]:
    for kind in expected.told:
        if told.get(kind, 0) != 1:
            yield f"its customer was told {kind} {told.get(kind, 0)} times"
    for kind, times in told.items():
        unexpected = kind.startswith("order_") and kind not in expected.told
        if unexpected and (times > 1 or kind not in MAY_BE_TOLD.get(order.status, ())):
            yield f"its customer was told {kind} {times} times"
