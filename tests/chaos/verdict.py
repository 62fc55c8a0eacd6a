"""Does what HTTP shows agree with what the customers were promised?"""

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.chaos.customers import Customer, listed
from tests.chaos.ledger import SETTLED, Ledger, Op

REPLAYS = 200
"""Orders of each customer that are sent once more at the end."""
PAID = {
    "confirmed": {"authorised"},
    "shipped": {"captured"},
    "returned": {"refunded"},
    "cancelled": {"voided", "declined"},
}
TOLD = {
    "confirmed": {"order_confirmed"},
    "shipped": {"order_confirmed", "order_shipped"},
    "returned": {"order_confirmed", "order_shipped", "order_returned", "payment_refunded"},
    "cancelled": {"order_cancelled"},
    "refused": set(),
}
MAY_BE_TOLD = {"cancelled": {"order_confirmed"}}


def judge(customers: Sequence[Customer], ledger: Ledger) -> None:
    """Note whatever is lost, doubled or oversold."""
    for customer in customers:
        if customer.id:
            _orders(customer, ledger)
            _points(customer, ledger)
            _notifications(customer, ledger)
            for op in [op for op in customer.ops if op.status][-REPLAYS:]:
                _replay(customer, op, ledger)
    _stock(customers, ledger)


def _orders(customer: Customer, ledger: Ledger) -> None:
    shown = {order["id"]: order for order in listed(customer.me, "/orders")}
    refused = {order["id"]: order for order in listed(customer.me, "/orders?status=refused")}
    promised = {op.order_id: op for op in customer.ops if op.order_id}
    for order_id in shown.keys() - promised.keys():
        ledger.wrong(f"{customer.name} has an order that was never answered: {shown[order_id]}")
    for order_id, op in promised.items():
        order = shown.get(order_id) or refused.get(order_id)
        if order is None:
            ledger.wrong(f"lost: {op}")
            continue
        op.ends = order["status"]
        if op.ends not in op.may_be or op.ends not in SETTLED:
            ledger.wrong(f"{op} is {op.ends}, and may be {sorted(op.may_be)}")
        if order["total"]["amount"] != op.total:
            ledger.wrong(f"{op} costs {order['total']}, not {op.total}")
        _payment(customer, op, order["payment_id"], ledger)
    never_made = sum(1 for op in customer.ops if op.status >= 400)
    if len(refused.keys() - promised.keys()) > never_made:
        ledger.wrong(f"{customer.name} has {len(refused)} refused orders, and was refused {never_made}")


def _payment(customer: Customer, op: Op, payment_id: str | None, ledger: Ledger) -> None:
    if op.ends not in PAID or payment_id is None:
        if op.ends in ("confirmed", "shipped", "returned"):
            ledger.wrong(f"{op} is {op.ends} without a payment")
        return
    payment = customer.me.get(f"/payments/{payment_id}").expect(200)
    given_back = op.total if op.ends == "returned" else 0
    seen = payment["status"] in PAID[op.ends], payment["amount"]["amount"], payment["refunded"]["amount"]
    if seen != (True, op.total, given_back) or payment["order_id"] != op.order_id:
        ledger.wrong(f"{op} is {op.ends}, and its payment {payment}")


def _points(customer: Customer, ledger: Ledger) -> None:
    earned = sum(op.total // 100 for op in customer.ops if op.ends in ("confirmed", "shipped"))
    balance = customer.me.get(f"/users/{customer.id}/points").expect(200)["balance"]
    if balance != earned:
        ledger.wrong(f"{customer.name} has {balance} points, and earned {earned}")


def _notifications(customer: Customer, ledger: Ledger) -> None:
    told: dict[str, Counter[str]] = {}
    for notification in listed(customer.me, "/notifications"):
        told.setdefault(notification["order_id"] or "", Counter())[notification["kind"]] += 1
    if told.pop("", Counter()) != Counter({"welcome": 1}):
        ledger.wrong(f"{customer.name} was not welcomed once")
    for op in customer.ops:
        counts = told.pop(op.order_id, Counter()) if op.order_id else Counter()
        if op.order_id and (_doubled(counts) or not _as_expected(op, set(counts))):
            ledger.wrong(f"{op} is {op.ends}, and its customer was told {dict(counts)}")
    if told:
        ledger.wrong(f"{customer.name} was told of orders that are not theirs: {told}")


def _doubled(counts: Counter[str]) -> bool:
    return any(times > 1 for times in counts.values())


def _as_expected(op: Op, kinds: set[str]) -> bool:
    return kinds - MAY_BE_TOLD.get(op.ends, set()) == TOLD.get(op.ends, set())


def _replay(customer: Customer, op: Op, ledger: Ledger) -> None:
    answer = customer.me.send("POST", "/orders", op.body, Idempotency_Key=op.key)
    if (answer.status, answer.json.get("id", "")) != (op.status, op.order_id):
        ledger.wrong(f"{op}, sent again, is answered {answer}")


def _stock(customers: Iterable[Customer], ledger: Ledger) -> None:
    [anybody, *_] = customers
    sold, held = Counter[str](), Counter[str]()
    for op in (op for customer in customers for op in customer.ops):
        if op.ends == "shipped":
            sold[op.sku] += op.quantity
        elif op.ends == "confirmed":
            held[op.sku] += op.quantity
    for sku, initial in ledger.stock.items():
        level = anybody.me.get(f"/stock/{sku}").expect(200)
        if (level["on_hand"] + sold[sku], level["reserved"]) != (initial, held[sku]):
            ledger.wrong(f"{sku}: {initial} at first, {sold[sku]} sold, {held[sku]} held, and it shows {level}")
