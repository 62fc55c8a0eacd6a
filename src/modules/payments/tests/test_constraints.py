"""What the database itself refuses, whoever asks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from django.db import IntegrityError

from contracts.orders import OrderShipped
from contracts.payments import Payments
from modules.payments import service
from seamline.calls import call
from seamline.contract import Money
from seamline.databases import cursor, transaction
from seamline.testing import deliver

Committing = Callable[[], AbstractContextManager[object]]
pytestmark = pytest.mark.django_db(databases=["payments"])
CUSTOMER = uuid4()
ANOTHER = (
    "(payment_id, operation, key, currency, provider, reference, reason, created_at, state, amount)"
    " SELECT payment_id, operation, key, currency, provider, reference, reason, now(),"
)
OF_CAPTURE = "FROM payments_ledgerentry WHERE key = 'capture' AND state = 'request'"


@pytest.fixture(autouse=True)
def payment(committing: Committing) -> None:
    """25.00 captured, 10.00 of them given back."""
    order = uuid4()
    authorised = call(Payments).authorise(order, CUSTOMER, Money(2500, "EUR"), "sandbox:approve")
    with committing():
        deliver(OrderShipped(order, CUSTOMER), to="payments")
    service.refund(uuid4(), authorised.id, 1000)


@pytest.mark.parametrize(
    ("refused_by", "statement"),
    [
        (
            "UPDATE of payments_payment refused",
            "UPDATE payments_payment SET amount = amount + 1",
        ),
        (
            "UPDATE of payments_payment refused",
            "UPDATE payments_payment SET order_id = gen_random_uuid()",
        ),
        (
            "payment_refunded_within_amount",
            "UPDATE payments_payment SET refunded = amount + 1",
        ),
        (
            "payment_refunded_within_amount",
            "UPDATE payments_payment SET refunded = -1",
        ),
        (
            "payment_refunded_if_captured",
            "UPDATE payments_payment SET status = 'authorised'",
        ),
        (
            "payment_refunded_in_whole",
            "UPDATE payments_payment SET status = 'refunded'",
        ),
        (
            "payment_status_known",
            "UPDATE payments_payment SET status = 'lost', refunded = 0",
        ),
        (
            "payments_payment_order_id_key",
            "INSERT INTO payments_payment (id, order_id, amount, currency, method, status, refunded,"
            " reason, created_at) SELECT gen_random_uuid(), order_id, 1, 'EUR', '', 'pending', 0, '', now()"
            " FROM payments_payment",
        ),
        (
            "payment_amount_not_negative",
            "INSERT INTO payments_payment (id, order_id, amount, currency, method, status, refunded,"
            " reason, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), -1, 'EUR', '', 'pending',"
            " 0, '', now())",
        ),
        (
            "refund_amount_positive",
            "INSERT INTO payments_refund SELECT gen_random_uuid(), 0, now(), id FROM payments_payment",
        ),
        (
            "UPDATE of payments_refund refused",
            "UPDATE payments_refund SET amount = 1",
        ),
        (
            "DELETE of payments_refund refused",
            "DELETE FROM payments_refund",
        ),
        (
            "UPDATE of payments_ledgerentry refused",
            "UPDATE payments_ledgerentry SET amount = 1",
        ),
        (
            "DELETE of payments_ledgerentry refused",
            "DELETE FROM payments_ledgerentry",
        ),
        (
            "ledgerentry_asked_once",
            f"INSERT INTO payments_ledgerentry {ANOTHER} 'request', amount {OF_CAPTURE}",
        ),
        (
            "ledgerentry_answered_once",
            f"INSERT INTO payments_ledgerentry {ANOTHER} 'failure', amount {OF_CAPTURE}",
        ),
        (
            "ledgerentry_amount_not_negative",
            f"INSERT INTO payments_ledgerentry {ANOTHER} 'request', -1 {OF_CAPTURE}",
        ),
        (
            "ledgerentry_state_known",
            f"INSERT INTO payments_ledgerentry {ANOTHER} 'maybe', amount {OF_CAPTURE}",
        ),
    ],
)
def test_the_database_refuses(refused_by: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match=refused_by), transaction("payments"), cursor("payments") as sql:
        sql.execute(statement)
