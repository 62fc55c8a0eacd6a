from uuid import uuid4

import pytest

from contracts.notifications import Notifications
from contracts.orders import OrderCancelled, OrderCreated, OrderReturned, OrderShipped
from contracts.payments import PaymentRefunded
from contracts.users import UserRegistered
from seamline.calls import call
from seamline.contract import Event, Money
from seamline.testing import deliver

pytestmark = pytest.mark.django_db(databases=["notifications"])
USER, ORDER, PRICE = uuid4(), uuid4(), Money(2250, "EUR")


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        (UserRegistered(USER, "Ada"), "welcome", "Welcome, Ada!"),
        (OrderCreated(ORDER, USER, PRICE), "order_confirmed", "Your order over 22.50 EUR is confirmed."),
        (OrderShipped(ORDER, USER), "order_shipped", "Your parcel is on its way."),
        (OrderCancelled(ORDER, USER, PRICE), "order_cancelled", "Your order is cancelled."),
        (OrderReturned(ORDER, USER, PRICE), "order_returned", "Your parcel came back to us."),
        (PaymentRefunded(ORDER, USER, PRICE), "payment_refunded", "You get 22.50 EUR back."),
    ],
)
def test_the_customer_is_told_once_of_what_happens(event: Event, kind: str, text: str) -> None:
    deliver(event, to="notifications", times=2)
    assert [(told.kind, told.text) for told in call(Notifications).recent(USER)] == [(kind, text)]


def test_the_newest_comes_first_and_others_hear_nothing() -> None:
    deliver(UserRegistered(USER, "Ada"), to="notifications")
    deliver(OrderShipped(ORDER, USER), to="notifications")
    assert [told.kind for told in call(Notifications).recent(USER)] == ["order_shipped", "welcome"]
    assert [told.kind for told in call(Notifications).recent(USER, limit=1)] == ["order_shipped"]
    assert call(Notifications).recent(uuid4()) == ()
