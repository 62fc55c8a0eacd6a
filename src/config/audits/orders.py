"""Is every order in the state that stock, payment, points and the customer's notifications say it is in?"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from config.audits.kinds import NOTICES, ORDER, PAYMENT, POINTS, RESERVATION
from contracts.orders import OrderStatus
from contracts.payments import PaymentStatus
from seamline.audit import Fact, Finding, Kind, Rule
from seamline.contract import Money

HELD, SHIPPED, RELEASED = "held", "shipped", "released"
"""What becomes of a reservation."""


class Expected(NamedTuple):
    """What the others should say of an order."""

    stock: str
    payments: tuple[PaymentStatus | None, ...]
    notices: tuple[str, ...] = ()
    earns: bool = False
    gives_back: bool = False


_SOLD = Expected(
    SHIPPED, (PaymentStatus.CAPTURED, PaymentStatus.REFUNDED), ("order_confirmed", "order_shipped"), earns=True
)
EXPECTED = {
    OrderStatus.CONFIRMED: Expected(HELD, (PaymentStatus.AUTHORISED,), ("order_confirmed",), earns=True),
    OrderStatus.REFUSED: Expected(RELEASED, (None, PaymentStatus.VOIDED, PaymentStatus.DECLINED)),
    OrderStatus.SHIPPED: _SOLD,
    OrderStatus.DELIVERED: _SOLD,
    OrderStatus.CANCELLED: Expected(RELEASED, (PaymentStatus.VOIDED, PaymentStatus.DECLINED), ("order_cancelled",)),
    OrderStatus.RETURNED: Expected(
        RELEASED,
        (PaymentStatus.REFUNDED,),
        ("order_confirmed", "order_shipped", "order_returned"),
        earns=True,
        gives_back=True,
    ),
}
ALLOWED_NOTICES = {OrderStatus.CANCELLED: {"order_confirmed"}}
"""What may have been told too: an order may be cancelled before and after it is confirmed."""

Side = Fact | None


def _of_pending(order: Fact, payment: Side, reservation: Side) -> Iterator[str]:
    if not order.in_flow:
        yield "no checkout works on it"
    elif payment is None:
        yield "its checkout has not come to the payment"
    elif payment["status"] != PaymentStatus.PENDING:
        yield f"its payment is {payment['status']}"
    else:
        yield from _reservation(order, reservation, HELD)


def _stock(order: Fact, expected: Expected, reservation: Side) -> Iterator[str]:
    yield from _reservation(order, reservation, expected.stock)


def _reservation(order: Fact, found: Side, state: str) -> Iterator[str]:
    if found is None:
        yield "it has no reservation"
    elif found["state"] != state:
        yield f"its reservation is {found['state']}, not {state}"
    elif state != RELEASED and order["pieces"] != found["pieces"]:
        yield "its reservation is of other pieces than were ordered"


def _payment(order: Fact, expected: Expected, found: Side) -> Iterator[str]:
    status = found["status"] if found else None
    if status not in expected.payments:
        wanted = " or ".join(each or "none" for each in expected.payments)
        yield f"its payment is {status}, not {wanted}" if status else "it has no payment"
    elif found and expected.earns and _paid(found, found["id"]) != _paid(order, order["payment_id"]):
        yield f"its payment {found['id']} is of {_amount(found)}, not {order['payment_id']} of {_amount(order)}"


def _paid(fact: Fact, payment_id: str) -> tuple[str, str]:
    return payment_id, _amount(fact)


def _amount(fact: Fact) -> str:
    return f"{fact['amount']} {fact['currency']}"


def _points(order: Fact, expected: Expected, found: Side) -> Iterator[str]:
    # As the contract of users promises: one for each whole unit of currency paid.
    worth = Money(order["amount"], order["currency"]).whole_units
    earned, back = (found["earned"], found["taken_back"]) if found else (0, 0)
    if order["status"] == OrderStatus.CANCELLED:
        if earned not in (0, worth) or back != earned:
            yield f"it earned {earned} points, of which {back} were taken back"
    elif (earned, back) != (worth * expected.earns, worth * expected.gives_back):
        yield f"it earned {earned} points, of which {back} were taken back; it is worth {worth}"
    if found and found["user_id"] != order["customer_id"]:
        yield f"its points are user {found['user_id']}'s"


def _notices(order: Fact, expected: Expected, found: Side) -> Iterator[str]:
    told = {field.name: field.value for field in found.fields} if found else {}
    for kind in expected.notices:
        if told.get(kind, 0) != 1:
            yield f"its customer was told {kind} {told.get(kind, 0)} times"
    for kind, times in told.items():
        unexpected = kind.startswith("order_") and kind not in expected.notices
        if unexpected and (times != 1 or kind not in ALLOWED_NOTICES.get(order["status"], ())):
            yield f"its customer was told {kind} {times} times"


def _settled(judge: Callable[[Fact, Expected, Side], Iterator[str]], other: Kind) -> Rule:
    """Make the rule of what another module says of an order that is not pending any more."""

    def judge_order(order: Side, found: Side) -> Iterator[Finding]:
        if order and (expected := EXPECTED.get(order["status"])):
            yield from _findings(order, judge(order, expected, found))

    return Rule(judge_order, (ORDER, other))


def _pending(order: Side, payment: Side, reservation: Side) -> Iterator[Finding]:
    if order and order["status"] == OrderStatus.PENDING:
        yield from _findings(order, _of_pending(order, payment, reservation))


def _status(order: Fact) -> Iterator[Finding]:
    if order["status"] not in set(OrderStatus):
        yield from _findings(order, iter(["no rule says what follows from that"]))


def _findings(order: Fact, problems: Iterator[str]) -> Iterator[Finding]:
    for problem in problems:
        yield Finding(f"order {order.key}", f"it is {order['status']}, and {problem}", order.settling)


RULES = (
    Rule(_status, (ORDER,)),
    Rule(_pending, (ORDER, PAYMENT, RESERVATION)),
    _settled(_stock, RESERVATION),
    _settled(_payment, PAYMENT),
    _settled(_points, POINTS),
    _settled(_notices, NOTICES),
)
