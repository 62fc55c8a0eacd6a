"""The shop as its customers and staff use it, for tests that need things to be there. All of it through HTTP.

Everything made here is new and has a name of its own: tests disturb neither each other nor what is there.
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from tests.client import Answer, Client
from tests.waiting import eventually

PASSWORD = "demo-password"
"""Of the demo logins, and of everybody made here."""
STAFF = "staff@example.com"
CALLBACK_SECRET = "sandbox-development-secret"
APPROVE, DECLINE, TIMEOUT = "sandbox:approve", "sandbox:decline", "sandbox:timeout"

Json = dict[str, Any]


@dataclass(frozen=True)
class Customer:
    """A registered user, logged in."""

    id: str
    email: str
    nickname: str
    client: Client

    def place(self, sku: str, quantity: int = 1, method: str = APPROVE, **more: Any) -> Answer:
        """Order one product."""
        return self.client.post("/orders", order_of((sku, quantity), payment_method=method, **more))

    def bought(self, sku: str, quantity: int = 1, **more: Any) -> Json:
        """A confirmed order of one product."""
        order: Json = self.place(sku, quantity, **more).expect(201)
        return order

    def order(self, order_id: str) -> Json:
        order: Json = self.client.get(f"/orders/{order_id}").expect(200)
        return order

    def payment(self, payment_id: str) -> Json:
        payment: Json = self.client.get(f"/payments/{payment_id}").expect(200)
        return payment

    def points(self) -> int:
        balance: int = self.client.get(f"/users/{self.id}/points").expect(200)["balance"]
        return balance

    def told(self) -> list[str]:
        """The kinds of what they were told, newest first."""
        page = self.client.get("/notifications").expect(200)
        return [notification["kind"] for notification in page["results"]]

    def sees_order(self, order_id: str, status: str) -> Json:
        """The order, once it has come to this status."""
        return eventually(lambda: self.order(order_id), lambda order: order["status"] == status)

    def sees_payment(self, payment_id: str, status: str) -> Json:
        return eventually(lambda: self.payment(payment_id), lambda payment: payment["status"] == status)

    def sees_points(self, balance: int) -> None:
        eventually(self.points, lambda points: points == balance)

    def hears(self, kind: str) -> None:
        eventually(self.told, lambda kinds: kind in kinds)


@dataclass
class Shop:
    """What is served at an address."""

    anonymous: Client

    @cached_property
    def staff(self) -> Client:
        return self.anonymous.log_in(STAFF, PASSWORD)

    def customer(self, nickname: str = "Grace") -> Customer:
        """A new customer."""
        registration = {"email": new_email(), "password": PASSWORD, "nickname": nickname}
        account = self.anonymous.post("/users", registration).expect(201)
        client = self.anonymous.log_in(account["email"], PASSWORD)
        return Customer(account["id"], account["email"], account["nickname"], client)

    def product(self, price: int | Json = 1000, stock: int = 0, **more: Any) -> str:
        """A new product and its stock, by SKU."""
        product = {**new_product(price), **more}
        self.staff.post("/products", product).expect(201)
        sku: str = product["sku"]
        eventually(lambda: self.staff.get(f"/stock/{sku}").status, lambda status: status == 200)
        if stock:
            self.adjust(sku, stock).expect(201)
        return sku

    def adjust(self, sku: str, quantity: int) -> Answer:
        return self.staff.post(f"/stock/{sku}/adjustments", {"quantity": quantity, "reason": "counted"})

    def stock(self, sku: str) -> tuple[int, int]:
        """How many are available and how many reserved."""
        level = self.anonymous.get(f"/stock/{sku}").expect(200)
        assert level["on_hand"] == level["available"] + level["reserved"], level
        return level["available"], level["reserved"]

    def has_stock(self, sku: str, available: int, reserved: int) -> None:
        eventually(lambda: self.stock(sku), lambda level: level == (available, reserved))

    def move(self, order_id: str, *statuses: str) -> None:
        """Have staff bring an order through these statuses."""
        for status in statuses:
            self.staff.patch(f"/orders/{order_id}/status", {"status": status}).expect(200)

    def call_back(
        self, payment_id: str, outcome: str, secret: str = CALLBACK_SECRET, provider: str = "sandbox", age: int = 0
    ) -> Answer:
        """Tell the outcome of a payment, as its provider does."""
        body = json.dumps({"id": uuid4().hex, "payment_id": payment_id, "outcome": outcome}).encode()
        return self.anonymous.send("POST", f"/payments/callbacks/{provider}", body, signed(body, secret, age))


def signed(body: bytes, secret: str = CALLBACK_SECRET, age: int = 0) -> dict[str, str]:
    """The headers of a callback that the sandbox signed so many seconds ago."""
    moment = int(time.time()) - age
    digest = hmac.new(secret.encode(), f"{moment}.sandbox.".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Signature": f"t={moment},v1={digest}"}


def order_of(*lines: tuple[str, Any], payment_method: str = APPROVE, **more: Any) -> Json:
    """The body of an order."""
    return {
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "payment_method": payment_method,
        **more,
    }


def new_email() -> str:
    return f"grace-{uuid4().hex[:12]}@example.com"


def new_sku() -> str:
    return f"TEST-{uuid4().hex[:12].upper()}"


def new_product(price: int | Json = 1000) -> Json:
    """The body of a product."""
    return {
        "sku": new_sku(),
        "name": "Test mug",
        "description": "Holds tea.",
        "price": price if isinstance(price, dict) else {"amount": price, "currency": "EUR"},
    }


def idempotency_key() -> str:
    return uuid4().hex
