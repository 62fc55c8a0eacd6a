"""`manage.py audit`: a shop that is as it should be is clean, and whatever somebody breaks in it is found."""

import io
import json
from contextlib import redirect_stdout
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import call_command

from contracts.catalog import Product
from contracts.inventory import StockLine
from contracts.orders import OrderStatus
from contracts.users import Profile
from modules.catalog import service as catalog
from modules.inventory import service as inventory
from modules.orders import service as orders
from modules.users import service as users
from seamline import audit
from seamline.audit.facet import UnknownKind, audit_facet
from seamline.audit.rules import find_rules
from seamline.calls import call
from seamline.contract import Money, Unavailable
from seamline.databases import cursor
from seamline.events import subscriptions
from seamline.management.commands import audit as command
from seamline.module import active
from seamline.testing import fake_contract
from seamline.work import sagas
from tests.deliveries import deliver_all

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
SKU = "MUG"
LEDGERS = {
    "users": ("users_pointsentry",),
    "inventory": ("inventory_adjustment", "inventory_reservationline"),
    "payments": ("payments_payment", "payments_refund", "payments_ledgerentry"),
    "orders": ("orders_order", "orders_orderline"),
}
_OLD = {
    "orders": "UPDATE orders_order SET created_at = now() - interval '1 hour'",
    "inventory": "UPDATE inventory_reservation SET created_at = now() - interval '1 hour'",
    "payments": "UPDATE payments_payment SET created_at = now() - interval '1 hour'",
}


class Shop(NamedTuple):
    """An order in each state that an order can come to."""

    customer: UUID
    confirmed: UUID
    shipped: UUID
    returned: UUID
    cancelled: UUID
    refused: UUID
    waiting: UUID


@pytest.fixture
def shop(django_capture_on_commit_callbacks: Any) -> Shop:
    for announcement in subscriptions.announcements():
        subscriptions.announce(announcement)
    catalog.add(uuid4(), Product(SKU, "Mug", "", Money(1250, "EUR")))
    deliver_all()
    inventory.adjust(uuid4(), SKU, 50, "Opening stock")
    customer = users.register(uuid4(), "ada@example.com", "correct horse battery", "Ada").id
    confirmed, shipped, returned, cancelled = (placed(customer) for _ in range(4))
    # Providers are asked after a commit, and a test's own transaction never commits.
    with django_capture_on_commit_callbacks(using="payments", execute=True):
        moved(shipped, OrderStatus.SHIPPED)
        moved(returned, OrderStatus.SHIPPED, OrderStatus.RETURNED)
        moved(cancelled, OrderStatus.CANCELLED)
    deliver_all()
    refused, waiting = placed(customer, "sandbox:decline"), placed(customer, "sandbox:timeout")
    grow_old()
    return Shop(customer, confirmed, shipped, returned, cancelled, refused, waiting)


def placed(customer: UUID, method: str = "sandbox:approve") -> UUID:
    order_id = uuid4()
    try:
        orders.place(order_id, Profile(customer, "ada"), (StockLine(SKU, 2),), None, method)
    except Exception as refusal:
        assert method == "sandbox:decline", refusal
    deliver_all()
    return order_id


def moved(order_id: UUID, *statuses: OrderStatus) -> None:
    for status in statuses:
        orders.change_status(order_id, status, None)
        deliver_all()


def grow_old() -> None:
    """Let an hour go by."""
    for module in active():
        execute(module, "UPDATE seamline_outbox SET done_at = done_at - interval '1 hour'")
    for module, statement in _OLD.items():
        execute(module, statement)
    execute("users", "UPDATE users_pointsentry SET created_at = now() - interval '1 hour'")


def execute(module: str, statement: str, *values: object) -> None:
    """Break something, past what guards it."""
    with cursor(module) as sql:
        sql.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in LEDGERS.get(module, ()):
            sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        sql.execute(statement, [*values] or None)
        for table in LEDGERS.get(module, ()):
            sql.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def wrong(settled: bool = True) -> list[str]:
    report = audit.wait_until_settled(0) if settled else audit.run()
    assert not report.unanswered
    return [f"{module}: {finding}" for module, finding in report.disagreements()]


def said(*options: str) -> tuple[int, Any]:
    """The exit status and the report of the command."""
    output, status = io.StringIO(), 0
    with redirect_stdout(output):
        try:
            call_command(command.Command(stdout=output), "--json", *options)
        except SystemExit as end:
            status = int(str(end.code))
    return status, json.loads(output.getvalue())


def test_a_shop_with_orders_in_every_state_agrees(shop: Shop) -> None:
    status, report = said()
    assert (status, report["findings"], report["unanswered"]) == (0, [], {})
    assert report["checked"]["orders"] == 6
    assert set(report["checked"]) == set(active())


@pytest.mark.parametrize(
    ("module", "statement", "of", "finds"),
    [
        (
            "payments",
            "WITH gone AS (DELETE FROM payments_payment WHERE order_id = %s RETURNING id)"
            " DELETE FROM payments_ledgerentry WHERE payment_id IN (SELECT id FROM gone)",
            "confirmed",
            "no payment",
        ),
        ("payments", "UPDATE payments_payment SET amount = 1 WHERE order_id = %s", "confirmed", "is of 1 EUR"),
        ("payments", "UPDATE payments_payment SET status = 'voided' WHERE order_id = %s", "confirmed", "is voided"),
        ("payments", "UPDATE payments_payment SET status = 'captured' WHERE order_id = %s", "confirmed", "is captured"),
        ("payments", "UPDATE payments_payment SET status = 'authorised' WHERE order_id = %s", "refused", "authorised"),
        (
            "payments",
            "UPDATE payments_payment SET status = 'authorised' WHERE order_id = %s",
            "cancelled",
            "authorised",
        ),
        ("payments", "UPDATE payments_payment SET status = 'authorised' WHERE order_id = %s", "shipped", "authorised"),
        ("payments", "UPDATE payments_payment SET status = 'declined' WHERE order_id = %s", "waiting", "declined"),
        ("inventory", "UPDATE inventory_reservation SET state = 'held' WHERE order_id = %s", "refused", "is held"),
        ("inventory", "UPDATE inventory_reservation SET state = 'held' WHERE order_id = %s", "cancelled", "is held"),
        ("inventory", "UPDATE inventory_reservation SET state = 'held' WHERE order_id = %s", "shipped", "is held"),
        (
            "inventory",
            "UPDATE inventory_reservation SET state = 'released' WHERE order_id = %s",
            "confirmed",
            "released",
        ),
        ("inventory", "UPDATE inventory_reservation SET state = 'released' WHERE order_id = %s", "waiting", "released"),
        (
            "inventory",
            "UPDATE inventory_reservationline SET quantity = 1 WHERE reservation_id = %s",
            "confirmed",
            "other pieces",
        ),
        ("users", "DELETE FROM users_pointsentry WHERE order_id = %s", "confirmed", "earned 0 points"),
        ("users", "UPDATE users_pointsentry SET points = 7 WHERE order_id = %s", "shipped", "earned 7 points"),
        (
            "users",
            "DELETE FROM users_pointsentry WHERE reason = 'taken_back' AND order_id = %s",
            "returned",
            "0 were taken back",
        ),
        (
            "users",
            "DELETE FROM users_pointsentry WHERE reason = 'taken_back' AND order_id = %s",
            "cancelled",
            "0 were taken back",
        ),
        (
            "notifications",
            "DELETE FROM notifications_notification WHERE order_id = %s",
            "confirmed",
            "order_confirmed 0",
        ),
        (
            "notifications",
            "INSERT INTO notifications_notification SELECT gen_random_uuid(), user_id, kind, text, order_id, now()"
            " FROM notifications_notification WHERE order_id = %s",
            "confirmed",
            "order_confirmed 2 times",
        ),
        ("orders", "UPDATE orders_order SET status = 'cancelled' WHERE id = %s", "confirmed", "it is cancelled"),
        ("orders", "DELETE FROM seamline_saga WHERE id = %s", "waiting", "no checkout works on it"),
    ],
)
def test_an_order_that_others_know_otherwise_is_found(
    shop: Shop, module: str, statement: str, of: str, finds: str
) -> None:
    order_id: UUID = getattr(shop, of)
    execute(module, statement, order_id)
    about_it = [line for line in wrong() if line.startswith(f"orders: order {order_id}: ")]
    assert any(finds in line for line in about_it), wrong()
    assert {line.split(":")[1] for line in wrong() if line.startswith("orders:")} == {f" order {order_id}"}


@pytest.mark.parametrize(
    ("module", "finds"),
    [
        ("inventory", "reservation {}: is held"),
        ("payments", "is authorised, and its order {} does not exist"),
        ("users", "points of order {}: 25"),
    ],
)
def test_what_belongs_to_an_order_that_does_not_exist_is_found(shop: Shop, module: str, finds: str) -> None:
    execute("orders", "DELETE FROM orders_orderline WHERE order_id = %s", shop.confirmed)
    execute("orders", "DELETE FROM orders_order WHERE id = %s", shop.confirmed)
    assert any(line.startswith(f"{module}: ") and finds.format(shop.confirmed) in line for line in wrong()), wrong()


@pytest.mark.parametrize("lost", ["confirmed", "shipped"])
def test_what_a_failover_left_without_its_order_is_gone_when_it_was_done_as_told(shop: Shop, lost: str) -> None:
    execute("orders", "DELETE FROM orders_orderline WHERE order_id = %s", getattr(shop, lost))
    execute("orders", "DELETE FROM orders_order WHERE id = %s", getattr(shop, lost))
    remedies = [finding.remedy for _, finding in audit.run().disagreements()]
    assert len(remedies) == 3
    for remedy in remedies:
        code = remedy.partition('shell -c "')[2].removesuffix('"')
        exec(code)  # as the shell does
    grow_old()
    assert not [line for line in wrong() if "does not exist" in line]


@pytest.mark.parametrize(
    ("module", "statement", "finds"),
    [
        ("inventory", "UPDATE inventory_stock SET reserved = reserved + 1", "stock MUG: 5 are reserved"),
        ("inventory", "UPDATE inventory_stock SET on_hand = on_hand + 1", "stock MUG: 49 are on hand"),
        ("inventory", "DELETE FROM inventory_adjustment", "0 came in"),
        ("payments", "DELETE FROM payments_ledgerentry WHERE operation = 'refund'", "are said to be refunded"),
        ("notifications", "DELETE FROM notifications_notification WHERE kind = 'payment_refunded'", "told 0 times"),
        ("users", "UPDATE users_pointsentry SET points = -1 WHERE reason = 'taken_back'", "25 were earned and 1 taken"),
    ],
)
def test_a_ledger_that_does_not_add_up_is_found(shop: Shop, module: str, statement: str, finds: str) -> None:
    execute(module, statement)
    assert any(finds in line for line in wrong()), wrong()
    assert said()[0] == 1


def test_a_dead_event_is_found(shop: Shop) -> None:
    execute("orders", "UPDATE seamline_outbox SET state = 'dead', last_error = 'no' WHERE name LIKE '%Created%'")
    assert any("orders.OrderCreated.v1 is not handled by users, and dead: no" in line for line in wrong())


def test_what_is_on_its_way_is_settling_until_it_has_come(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    orders.change_status(shop.confirmed, OrderStatus.CANCELLED, shop.customer)
    status, report = said()
    assert status == 0
    assert {finding["settling"] for finding in report["findings"]} == {True}
    assert any(finding["subject"] == f"order {shop.confirmed}" for finding in report["findings"])

    assert said("--wait", "0")[0] == 1

    pauses: list[float] = []
    monkeypatch.setattr("seamline.audit.report.time.sleep", lambda seconds: (pauses.append(seconds), deliver_all()))
    assert (said("--wait", "20"), len(pauses)) == ((0, _without_findings(said()[1])), 1)


def _without_findings(report: Any) -> Any:
    assert report["findings"] == []
    return report


class Away:
    """A module that does not answer."""

    def __init__(self, module: str) -> None:
        self.module = module

    def facts(self, kind: str, after: str = "") -> tuple[audit.Fact, ...]:
        raise Unavailable(module=self.module)

    def facts_about(self, kind: str, keys: tuple[str, ...]) -> tuple[audit.Fact, ...]:
        raise Unavailable(module=self.module)


def test_a_module_that_does_not_answer_is_said_and_the_others_are_compared(shop: Shop) -> None:
    execute("inventory", "UPDATE inventory_reservation SET state = 'held' WHERE order_id = %s", shop.refused)
    with fake_contract(audit_facet("payments"), Away("payments")):
        status, report = said()
    assert status == 1
    assert report["unanswered"] == {"payments": "The module did not answer: module payments"}
    assert f"order {shop.refused}" in {finding["subject"] for finding in report["findings"]}


def test_a_module_that_states_a_kind_no_more_is_no_agreement(shop: Shop) -> None:
    class Newer(Away):
        def facts(self, kind: str, after: str = "") -> tuple[audit.Fact, ...]:
            raise UnknownKind(kind=kind)

    with fake_contract(audit_facet("users"), Newer("users")):
        status, report = said()
    assert (status, list(report["unanswered"])) == (1, ["users"])


def test_every_module_of_a_rule_states_such_facts(shop: Shop) -> None:
    for rule in find_rules(settings.AUDIT_RULES):
        for kind in rule.kinds:
            call(audit_facet(kind.module)).facts(kind.name)


def test_a_compensation_under_way_is_settling(shop: Shop) -> None:
    orders.change_status(shop.waiting, OrderStatus.CANCELLED, shop.customer)
    deliver_all()
    grow_old()
    assert wrong(settled=False) == []
    assert audit.run().settling()
    sagas.resume("orders")
    assert audit.run().settling() == []
