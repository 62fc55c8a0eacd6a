"""How much one customer may have at a time, also at the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from contracts.inventory import StockLine
from contracts.orders import Order, OrderStatus
from contracts.payments import PaymentStatus
from contracts.users import Profile
from modules.orders import limits, models, service
from modules.orders.errors import CouponUsed, TooManyPending, TooManyPiecesPending, UnknownCoupon
from modules.orders.tests.conftest import Neighbours
from seamline.contract import ContractError

CROWD = 8


def place(customer: UUID, coupon: str | None = None, quantity: int = 1, order_id: UUID | None = None) -> Order:
    lines = (StockLine("MUG", quantity),)
    return service.place(order_id or uuid4(), Profile(customer, "Ada"), lines, coupon, "sandbox:silent")


@pytest.fixture
def limited(settings: Any) -> Callable[..., None]:
    def to(**given: str) -> None:
        settings.MODULE_SETTINGS = settings.MODULE_SETTINGS | {"orders": settings.MODULE_SETTINGS["orders"] | given}

    return to


def at_once(place_one: Callable[[], Order]) -> list[Order | ContractError]:
    """What comes of it when it is done at the same instant, often."""
    barrier = Barrier(CROWD)

    def one(_: int) -> Order | ContractError:
        try:
            barrier.wait()
            return place_one()
        except ContractError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(one, range(CROWD)))


@pytest.mark.django_db(databases=["orders"])
class TestCoupons:
    @pytest.fixture(autouse=True)
    def ten(self) -> models.Coupon:
        return models.Coupon.objects.create(code="TEN", percent=10)

    def test_one_customer_uses_it_once_and_another_too(self) -> None:
        ada, alan = uuid4(), uuid4()
        assert place(ada, "TEN").discount.amount == 125
        with pytest.raises(CouponUsed) as refused:
            place(ada, "TEN")
        assert refused.value.payload.per_customer == 1  # type: ignore[attr-defined]
        assert place(alan, "TEN").discount.amount == 125
        assert place(ada).discount.amount == 0

    def test_a_repeat_of_the_order_is_not_another_use(self) -> None:
        ada, order_id = uuid4(), uuid4()
        assert place(ada, "TEN", order_id=order_id) == place(ada, "TEN", order_id=order_id)

    def test_what_is_refused_stores_nothing(self) -> None:
        ada = uuid4()
        place(ada, "TEN")
        with pytest.raises(CouponUsed):
            place(ada, "TEN")
        assert models.Order.objects.filter(customer_id=ada).count() == 1

    def test_an_order_that_is_refused_or_cancelled_gives_its_use_back(self, neighbours: Neighbours) -> None:
        ada = uuid4()
        neighbours.inventory.empty = True
        with pytest.raises(ContractError, match="available"):
            place(ada, "TEN")
        neighbours.inventory.empty = False
        order = place(ada, "TEN")
        service.change_status(order.id, OrderStatus.CANCELLED, ada)
        assert place(ada, "TEN").discount.amount == 125

    def test_an_order_that_comes_back_does_not(self) -> None:
        ada = uuid4()
        order = place(ada, "TEN")
        for status in (OrderStatus.SHIPPED, OrderStatus.RETURNED):
            service.change_status(order.id, status, None)
        with pytest.raises(CouponUsed):
            place(ada, "TEN")

    def test_it_may_be_used_as_often_as_it_says(self, ten: models.Coupon) -> None:
        ada = uuid4()
        models.Coupon.objects.update(per_customer=3)
        for _ in range(3):
            place(ada, "TEN")
        with pytest.raises(CouponUsed):
            place(ada, "TEN")
        models.Coupon.objects.update(per_customer=None)
        assert {place(ada, "TEN").discount.amount for _ in range(3)} == {125}

    def test_one_that_is_not_active_is_unknown(self) -> None:
        models.Coupon.objects.update(active=False)
        with pytest.raises(UnknownCoupon):
            place(uuid4(), "TEN")


@pytest.mark.django_db(databases=["orders"])
class TestPending:
    @pytest.fixture(autouse=True)
    def silent(self, neighbours: Neighbours) -> None:
        """The provider does not answer."""
        neighbours.payments.answer = PaymentStatus.PENDING

    def test_a_customer_has_so_many_pending_orders_and_another_as_many(self, limited: Callable[..., None]) -> None:
        limited(MAX_PENDING="3")
        ada, alan = uuid4(), uuid4()
        for customer in (ada, alan):
            for _ in range(3):
                assert place(customer).status is OrderStatus.PENDING
            with pytest.raises(TooManyPending):
                place(customer)

    def test_one_that_is_cancelled_makes_room(self, limited: Callable[..., None]) -> None:
        limited(MAX_PENDING="1")
        ada = uuid4()
        order = place(ada)
        with pytest.raises(TooManyPending):
            place(ada)
        service.change_status(order.id, OrderStatus.CANCELLED, ada)
        place(ada)

    def test_confirmed_ones_do_not_count(self, limited: Callable[..., None], neighbours: Neighbours) -> None:
        limited(MAX_PENDING="1", MAX_PENDING_PIECES="5")
        neighbours.payments.answer = PaymentStatus.AUTHORISED
        ada = uuid4()
        assert {place(ada, quantity=5).status for _ in range(4)} == {OrderStatus.CONFIRMED}

    def test_a_repeat_of_a_pending_order_is_not_another(self, limited: Callable[..., None]) -> None:
        limited(MAX_PENDING="1")
        ada, order_id = uuid4(), uuid4()
        assert place(ada, order_id=order_id) == place(ada, order_id=order_id)

    def test_pending_orders_hold_so_many_pieces_together(self, limited: Callable[..., None]) -> None:
        limited(MAX_PENDING_PIECES="10")
        ada = uuid4()
        place(ada, quantity=6)
        with pytest.raises(TooManyPiecesPending):
            place(ada, quantity=5)
        place(ada, quantity=4)
        with pytest.raises(TooManyPiecesPending):
            place(uuid4(), quantity=11)

    def test_a_limit_that_is_none_is_found_out_at_start(self, limited: Callable[..., None]) -> None:
        limits.check_settings()
        for given in ("0", "-1", "many", "", "1001"):
            limited(MAX_PENDING=given)
            with pytest.raises(ImproperlyConfigured, match="ORDERS_MAX_PENDING"):
                limits.check_settings()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Orders of threads, which see only what is committed."""
    with django_db_blocker.unblock():
        yield
        with connections["orders"].cursor() as cursor:
            cursor.execute(
                "TRUNCATE orders_order, orders_orderline, orders_coupon, seamline_saga, seamline_outbox CASCADE"
            )
        connections.close_all()


def test_at_the_same_instant_a_coupon_is_used_once(committed: None) -> None:
    models.Coupon.objects.create(code="TEN", percent=10)
    ada = uuid4()
    outcomes = at_once(lambda: place(ada, "TEN"))
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, ContractError)] == [CouponUsed] * (CROWD - 1)
    assert models.Order.objects.filter(customer_id=ada, coupon="TEN").count() == 1


def test_at_the_same_instant_no_more_are_pending(
    committed: None, limited: Callable[..., None], neighbours: Neighbours
) -> None:
    limited(MAX_PENDING="3")
    neighbours.payments.answer = PaymentStatus.PENDING
    ada = uuid4()
    outcomes = at_once(lambda: place(ada))
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, ContractError)] == [TooManyPending] * (
        CROWD - 3
    )
    assert models.Order.objects.filter(customer_id=ada, status="pending").count() == 3


def test_the_same_order_at_the_same_instant_is_one(committed: None) -> None:
    ada, order_id = uuid4(), uuid4()
    at_once(lambda: place(ada, order_id=order_id))
    assert models.Order.objects.filter(customer_id=ada).count() == 1
