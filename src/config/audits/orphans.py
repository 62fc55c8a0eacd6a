"""Has every reservation, payment and point its order?"""

from collections.abc import Iterator

from config.audits.kinds import ORDER, PAYMENT, POINTS, RESERVATION
from contracts.payments import PaymentStatus
from seamline.audit import Fact, Finding, Rule, undo

NOTHING_TAKEN = (PaymentStatus.DECLINED, PaymentStatus.VOIDED, PaymentStatus.REFUNDED)
"""Of these no money is kept, and none is held for long."""
UNDOING = {"held": "release", "shipped": "take_back"}
"""What undoes a reservation, by its state."""


def _reservation(reservation: Fact | None, order: Fact | None) -> Iterator[Finding]:
    if reservation and order is None and reservation["state"] in UNDOING:
        problem = f"is {reservation['state']} for an order that does not exist"
        remedy = undo("inventory", f"{UNDOING[reservation['state']]}('{reservation.key}')")
        yield Finding(f"reservation {reservation.key}", problem, reservation.young, remedy)


def _payment(payment: Fact | None, order: Fact | None) -> Iterator[Finding]:
    if payment and order is None and payment["status"] not in NOTHING_TAKEN:
        problem = f"is {payment['status']}, and its order {payment.key} does not exist"
        remedy = undo("payments", f"cancel('{payment.key}')")
        yield Finding(f"payment {payment['id']}", problem, payment.young, remedy)


def _points(points: Fact | None, order: Fact | None) -> Iterator[Finding]:
    if points and order is None and points["earned"] != points["taken_back"]:
        problem = f"{points['earned']} were given to user {points['user_id']}, and the order does not exist"
        remedy = undo("users", f"take_points_back('{points.key}')")
        yield Finding(f"points of order {points.key}", problem, points.young, remedy)


RULES = (
    Rule(_reservation, (RESERVATION, ORDER)),
    Rule(_payment, (PAYMENT, ORDER)),
    Rule(_points, (POINTS, ORDER)),
)
