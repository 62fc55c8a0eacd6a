"""Stand-ins for the modules that orders calls."""

from uuid import UUID, uuid4

from contracts.catalog import Price, UnknownProduct
from contracts.inventory import OutOfStock, Reservation, StockLine
from contracts.payments import Payment, PaymentDeclined, PaymentStatus
from contracts.users import Points, Profile
from seamline.contract import Money, Unavailable

PRICES = {"MUG": 1250, "SPOON": 350}


class FakeUsers:
    def __init__(self) -> None:
        self.away = False

    def profile(self, user_id: UUID) -> Profile:
        if self.away:
            raise Unavailable(module="users")
        return Profile(user_id, "Ada")

    def points(self, user_id: UUID) -> Points:
        return Points(user_id, 0)


class FakeCatalog:
    def product(self, sku: str) -> None: ...

    def prices(self, skus: tuple[str, ...]) -> tuple[Price, ...]:
        for sku in skus:
            if sku not in PRICES:
                raise UnknownProduct(sku)
        return tuple(Price(sku, sku.title(), Money(PRICES[sku], "EUR")) for sku in skus)


class FakeInventory:
    def __init__(self) -> None:
        self.held: dict[UUID, tuple[StockLine, ...]] = {}
        self.away = False
        self.empty = False

    def stock(self, sku: str) -> None: ...

    def reserve(self, order_id: UUID, lines: tuple[StockLine, ...]) -> Reservation:
        if self.away:
            raise Unavailable(module="inventory")
        if self.empty:
            raise OutOfStock(lines[0].sku, lines[0].quantity, 0)
        self.held[order_id] = lines
        return Reservation(order_id, lines)

    def release(self, order_id: UUID) -> None:
        if self.away:
            raise Unavailable(module="inventory")
        self.held.pop(order_id, None)


class FakePayments:
    """Asked once or often, it keeps one payment per order; `answer` is what a new one is at first."""

    def __init__(self) -> None:
        self.answer = PaymentStatus.AUTHORISED
        self.kept: dict[UUID, Payment] = {}
        self.away = False

    def payment(self, order_id: UUID) -> Payment:
        return self.kept[order_id]

    def authorise(self, order_id: UUID, customer_id: UUID, amount: Money, method: str) -> Payment:
        if self.away:
            raise Unavailable(module="payments")
        if order_id not in self.kept:
            self.kept[order_id] = Payment(uuid4(), order_id, self.answer, amount, Money(0, amount.currency))
        if self.kept[order_id].status in (PaymentStatus.DECLINED, PaymentStatus.VOIDED):
            raise PaymentDeclined(order_id, "The card was declined")
        return self.kept[order_id]

    def cancel(self, order_id: UUID) -> None:
        self.settle(order_id, PaymentStatus.VOIDED)

    def settle(self, order_id: UUID, status: PaymentStatus) -> None:
        if order_id in self.kept:
            before = self.kept[order_id]
            self.kept[order_id] = Payment(before.id, order_id, status, before.amount, before.refunded)
