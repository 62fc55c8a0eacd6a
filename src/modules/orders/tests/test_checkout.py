import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError
from django.utils import timezone

from contracts.catalog import UnknownProduct
from contracts.inventory import Inventory, OutOfStock, Reservation, StockLine
from contracts.orders import Order, OrderCancelled, OrderCreated, Orders, OrderStatus, UnknownOrder
from contracts.payments import (
    Payment,
    PaymentAuthorised,
    PaymentDeclined,
    PaymentFailed,
    Payments,
    PaymentStatus,
)
from contracts.users import Profile
from modules.orders import models, service
from modules.orders.errors import OrderRefused, UnknownCoupon
from modules.orders.sagas import CHECKOUT
from modules.orders.tests.conftest import Neighbours
from seamline.calls import call
from seamline.contract import DeadlineExceeded, Money
from seamline.testing import captured_events, deliver, fake_contract
from seamline.work import sagas
from seamline.work.models import SagaRecord

pytestmark = pytest.mark.django_db(databases=["orders"])
CUSTOMER = uuid4()
LINES = (StockLine("MUG", 2), StockLine("SPOON", 1))


def place(order_id: UUID, lines: tuple[StockLine, ...] = LINES, coupon: str | None = None) -> Order:
    return service.place(order_id, Profile(CUSTOMER, "ada"), lines, coupon, "sandbox:approve")


def status(order_id: UUID) -> OrderStatus:
    return call(Orders).order(order_id).status


def resume_all() -> None:
    """What the periodic job does, as if it were time for all."""
    SagaRecord.objects.using("orders").update(due_at=timezone.now() - timedelta(hours=1))
    sagas.resume("orders")


def test_an_order_is_confirmed_when_stock_is_held_and_the_payment_authorised(neighbours: Neighbours) -> None:
    order_id = uuid4()
    with captured_events(OrderCreated) as published:
        order = place(order_id)
        assert published() == [OrderCreated(order_id, CUSTOMER, Money(2850, "EUR"))]
    assert (order.status, order.total) == (OrderStatus.CONFIRMED, Money(2850, "EUR"))
    assert order.payment_id == neighbours.payments.kept[order_id].id
    assert neighbours.inventory.held[order_id] == LINES


def test_a_coupon_takes_its_percent_off() -> None:
    models.Coupon.objects.create(code="TEN", percent=10)
    order = place(uuid4(), coupon="TEN")
    assert (order.discount.amount, order.total.amount) == (285, 2565)


@pytest.mark.parametrize(
    ("lines", "coupon", "error"), [((StockLine("NOPE", 1),), None, UnknownProduct), (LINES, "NOPE", UnknownCoupon)]
)
def test_an_order_that_makes_no_sense_leaves_no_trace(
    lines: tuple[StockLine, ...], coupon: str | None, error: type[Exception]
) -> None:
    order_id = uuid4()
    with pytest.raises(error):
        place(order_id, lines, coupon)
    with pytest.raises(UnknownOrder):
        status(order_id)


def test_an_order_out_of_stock_is_refused_and_holds_nothing(neighbours: Neighbours) -> None:
    neighbours.inventory.empty = True
    order_id = uuid4()
    with captured_events(OrderCreated) as published, pytest.raises(OutOfStock):
        place(order_id)
    assert status(order_id) is OrderStatus.REFUSED
    assert (published(), neighbours.inventory.held, neighbours.payments.kept) == ([], {}, {})


def test_a_declined_payment_gives_the_stock_back(neighbours: Neighbours) -> None:
    neighbours.payments.answer = PaymentStatus.DECLINED
    order_id = uuid4()
    with pytest.raises(PaymentDeclined):
        place(order_id)
    assert status(order_id) is OrderStatus.REFUSED
    assert neighbours.inventory.held == {}


def test_placing_the_same_order_again_answers_with_it(neighbours: Neighbours) -> None:
    order_id = uuid4()
    with captured_events(OrderCreated) as published:
        assert place(order_id) == place(order_id)
        assert len(published()) == 1


def test_an_order_that_was_refused_stays_refused(neighbours: Neighbours) -> None:
    neighbours.inventory.empty = True
    order_id = uuid4()
    with pytest.raises(OutOfStock):
        place(order_id)
    neighbours.inventory.empty = False
    with pytest.raises(OrderRefused):
        place(order_id)
    assert neighbours.inventory.held == {}


def test_an_order_waits_while_a_module_is_away_and_goes_on_when_it_is_back(neighbours: Neighbours) -> None:
    neighbours.inventory.away = True
    order_id = uuid4()
    assert place(order_id).status is OrderStatus.PENDING
    resume_all()
    assert status(order_id) is OrderStatus.PENDING
    neighbours.inventory.away = False
    resume_all()
    assert status(order_id) is OrderStatus.CONFIRMED


@pytest.mark.parametrize("failure", [OperationalError, ProgrammingError, IntegrityError, RuntimeError])
def test_a_failure_is_never_a_refusal(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def fail(*arguments: Any) -> Reservation:
        raise failure

    order_id = uuid4()
    with monkeypatch.context() as broken:
        broken.setattr(neighbours.inventory, "reserve", fail)
        with fake_contract(Inventory, neighbours.inventory):
            assert place(order_id).status is OrderStatus.PENDING
            assert place(order_id).status is OrderStatus.PENDING
    resume_all()
    assert status(order_id) is OrderStatus.CONFIRMED


@pytest.mark.parametrize(
    ("event", "answer", "becomes"),
    [
        (PaymentAuthorised(UUID(int=1), UUID(int=2)), PaymentStatus.AUTHORISED, OrderStatus.CONFIRMED),
        (PaymentFailed(UUID(int=1), UUID(int=2), "No"), PaymentStatus.DECLINED, OrderStatus.REFUSED),
    ],
)
def test_a_late_payment_answer_settles_the_order(
    neighbours: Neighbours,
    event: PaymentAuthorised | PaymentFailed,
    answer: PaymentStatus,
    becomes: OrderStatus,
) -> None:
    neighbours.payments.answer = PaymentStatus.PENDING
    order_id = event.order_id
    assert place(order_id).status is OrderStatus.PENDING
    neighbours.payments.settle(order_id, answer)
    deliver(event, to="orders")
    sagas.resume("orders")
    assert status(order_id) is becomes


def test_an_answer_that_comes_while_the_provider_is_still_asked_is_not_missed(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, authorise = uuid4(), neighbours.payments.authorise
    neighbours.payments.answer = PaymentStatus.PENDING

    def answered_meanwhile(*arguments: Any) -> Payment:
        payment = authorise(*arguments)
        neighbours.payments.settle(order_id, PaymentStatus.AUTHORISED)
        deliver(PaymentAuthorised(order_id, payment.id), to="orders")
        return payment

    monkeypatch.setattr(neighbours.payments, "authorise", answered_meanwhile)
    with fake_contract(Payments, neighbours.payments):
        assert place(order_id).status is OrderStatus.PENDING
        sagas.resume("orders")
    assert status(order_id) is OrderStatus.CONFIRMED


def test_an_answer_that_never_comes_ends_the_order_and_gives_all_back(neighbours: Neighbours) -> None:
    neighbours.payments.answer = PaymentStatus.PENDING
    order_id = uuid4()
    place(order_id)
    SagaRecord.objects.using("orders").update(deadline=timezone.now() - timedelta(hours=1))
    resume_all()
    assert status(order_id) is OrderStatus.REFUSED
    assert neighbours.inventory.held == {}
    assert neighbours.payments.kept[order_id].status is PaymentStatus.VOIDED


def test_all_is_given_back_though_the_server_forgot_how_far_the_checkout_was(neighbours: Neighbours) -> None:
    order_id = uuid4()
    neighbours.payments.answer = PaymentStatus.PENDING
    place(order_id)
    neighbours.payments.settle(order_id, PaymentStatus.AUTHORISED)
    neighbours.inventory.away = True
    SagaRecord.objects.using("orders").update(step=0, deadline=timezone.now() - timedelta(hours=1))
    resume_all()
    neighbours.inventory.away = False
    resume_all()
    assert status(order_id) is OrderStatus.REFUSED
    assert neighbours.inventory.held == {}
    assert neighbours.payments.kept[order_id].status is PaymentStatus.VOIDED


def test_cancelling_a_pending_order_gives_all_back(neighbours: Neighbours) -> None:
    neighbours.payments.answer = PaymentStatus.PENDING
    order_id = uuid4()
    place(order_id)
    with captured_events(OrderCancelled) as published:
        service.change_status(order_id, OrderStatus.CANCELLED, CUSTOMER)
        assert [event.order_id for event in published()] == [order_id]
    neighbours.payments.settle(order_id, PaymentStatus.AUTHORISED)
    resume_all()
    assert status(order_id) is OrderStatus.CANCELLED
    assert neighbours.inventory.held == {}
    assert neighbours.payments.kept[order_id].status is PaymentStatus.VOIDED


def test_a_compensation_is_tried_until_it_is_done(neighbours: Neighbours) -> None:
    neighbours.payments.answer = PaymentStatus.PENDING
    order_id = uuid4()
    place(order_id)
    service.change_status(order_id, OrderStatus.CANCELLED, CUSTOMER)
    neighbours.inventory.away = True
    resume_all()
    assert order_id in neighbours.inventory.held
    neighbours.inventory.away = False
    resume_all()
    assert neighbours.inventory.held == {}


def test_who_lost_the_checkout_to_another_process_does_not_turn_it_back(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, reserve = uuid4(), neighbours.inventory.reserve

    def late(*arguments: Any) -> Reservation:
        monkeypatch.setattr(neighbours.inventory, "reserve", reserve)
        with fake_contract(Inventory, neighbours.inventory):
            resume_all()
        raise OutOfStock("MUG", 2, 0)

    monkeypatch.setattr(neighbours.inventory, "reserve", late)
    neighbours.payments.answer = PaymentStatus.PENDING
    with fake_contract(Inventory, neighbours.inventory):
        assert place(order_id).status is OrderStatus.PENDING
    assert neighbours.inventory.held[order_id] == LINES
    assert neighbours.payments.kept[order_id].status is PaymentStatus.PENDING


@pytest.mark.django_db(databases=["orders"], transaction=True)  # in which time goes on
def test_a_checkout_that_takes_long_is_kept_from_others_until_its_last_step_is_over(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Its lease lasts for the longest step, and is prolonged where the one before has used it up."""
    settings.SAGAS = replace(settings.SAGAS, settle_margin=0.1)
    order_id, left = uuid4(), []

    def reserve(*arguments: Any) -> Reservation:
        time.sleep(0.2)
        return Reservation(order_id, LINES)

    def authorise(*arguments: Any) -> Payment:
        left.append(SagaRecord.objects.using("orders").get(id=order_id).due_at - timezone.now())
        return Payment(uuid4(), order_id, PaymentStatus.AUTHORISED, Money(2850, "EUR"), Money(0, "EUR"))

    monkeypatch.setattr(neighbours.inventory, "reserve", reserve)
    monkeypatch.setattr(neighbours.payments, "authorise", authorise)
    with fake_contract(Inventory, neighbours.inventory), fake_contract(Payments, neighbours.payments):
        assert place(order_id).status is OrderStatus.CONFIRMED
    assert left[0] > timedelta(seconds=max(step.timeout for step in CHECKOUT.steps))


def test_a_step_gets_no_more_time_than_it_says(neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    hurried = tuple(replace(step, timeout=0.01) for step in CHECKOUT.steps)
    hasty = replace(CHECKOUT, steps=hurried)
    monkeypatch.setattr(service, "CHECKOUT", hasty)

    def reserve(*arguments: Any) -> Reservation:
        time.sleep(0.05)
        return Reservation(arguments[0], LINES)

    monkeypatch.setattr(neighbours.inventory, "reserve", reserve)
    with fake_contract(Inventory, neighbours.inventory):
        assert place(uuid4()).status is OrderStatus.PENDING


def test_a_checkout_that_waits_does_not_begin_anew(neighbours: Neighbours) -> None:
    neighbours.payments.answer = PaymentStatus.PENDING
    order_id = uuid4()
    place(order_id)
    neighbours.payments.settle(order_id, PaymentStatus.AUTHORISED)
    neighbours.inventory.away = True
    resume_all()
    assert status(order_id) is OrderStatus.CONFIRMED


def test_who_finds_no_time_left_to_confirm_leaves_it_to_the_next(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(module: str) -> None:
        monkeypatch.undo()
        raise DeadlineExceeded(module=module)

    order_id, complete = uuid4(), sagas.Saga._complete

    def completes_late(saga: sagas.Saga, *arguments: Any) -> Any:
        monkeypatch.setattr(sagas, "transaction", too_late)
        return complete(saga, *arguments)

    monkeypatch.setattr(sagas.Saga, "_complete", completes_late)
    assert place(order_id).status is OrderStatus.PENDING
    resume_all()
    assert status(order_id) is OrderStatus.CONFIRMED
