"""Customers, staff and a payment provider, each as insistent as a good client is."""

import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import urllib3

from tests.chaos.ledger import PRICE, Json, Ledger, Op
from tests.client import API, Answer, Client
from tests.shop import PASSWORD, STAFF, Shop, new_email

TIMEOUT = 10.0
PATIENCE = 3.0
"""Seconds after which a customer turns to something else, and to this later."""
HASTY = 0.15
"""Seconds after which somebody in a hurry gives a request up, and sends it again."""
METHODS = {"sandbox:approve": 70, "sandbox:decline": 10, "sandbox:timeout": 20}
REFUSALS = {"inventory.out_of_stock", "payments.payment_declined", "orders.order_refused"}


class NoAnswer(Exception):
    """In all the time there was."""


class Insistent:
    """Sends a request until it is answered, always the same one."""

    def __init__(self, client: Client, ledger: Ledger, rng: random.Random, timeout: float = TIMEOUT) -> None:
        self._client, self.ledger, self.rng, self._timeout = client, ledger, rng, timeout
        self.until = float("inf")
        """When it gives up, on the monotonic clock."""

    def bearing(self, token: str) -> "Insistent":
        return Insistent(self._client.bearing(token), self.ledger, self.rng, self._timeout)

    def get(self, path: str) -> Answer:
        return self.send("GET", path, None)

    def send(self, method: str, path: str, body: Json | None, patience: float = float("inf"), **headers: str) -> Answer:
        until = min(self.until, time.monotonic() + patience)
        while time.monotonic() < until:
            answer = self._try(method, path, body, headers)
            self.ledger.note(answer is not None)
            if answer is not None:
                return answer
            time.sleep(self.rng.uniform(0.1, 0.6))
        raise NoAnswer(f"{method} {path} {body} {headers}")

    def _try(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> Answer | None:
        hasty = method == "POST" and self.rng.random() < 0.1
        timeout = urllib3.Timeout(total=HASTY if hasty else self._timeout)
        pool = urllib3.PoolManager(retries=False, timeout=timeout)
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = replace(self._client, pool=pool).send(method, path, content, headers)
            makes_sense = isinstance(answer.json, dict)
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return None
        later = (
            answer.status >= 500
            or answer.status == 429
            or (answer.status == 409 and answer.json.get("code") == "request.in_flight")
        )
        return answer if makes_sense and not later else None


class Customer(threading.Thread):
    """Registers, and orders until told to stop; the seed decides what."""

    def __init__(
        self,
        number: int,
        url: str,
        ledger: Ledger,
        skus: list[str],
        rng: random.Random,
        pace: float,
        timeout: float = TIMEOUT,
    ) -> None:
        super().__init__(name=f"customer-{number}", daemon=True)
        self.ledger, self.rng, self.skus, self.pace = ledger, rng, skus, pace
        self.ops: list[Op] = []
        self.unanswered: list[Op] = []
        """Orders to be sent again, because nobody knows what became of them."""
        self.id = ""
        self._url = url
        self._stopping = threading.Event()
        self.me = self.staff = Insistent(Client(url), ledger, rng, timeout)

    def stop(self, until: float) -> None:
        """Begin nothing more, and see what was begun to its end by then."""
        self._stopping.set()
        self.me.until = self.staff.until = until

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._order()
                self._stopping.wait(self.rng.uniform(0, 2 * self.pace))
            for op in self.unanswered:
                self.place(op)
        except NoAnswer as lost:
            self.ledger.wrong(f"no answer: {lost}")
        except Exception as error:
            self.ledger.wrong(f"{self.name}: {type(error).__name__}: {error}")

    def is_waiting(self) -> bool:
        """Whether an order of theirs is neither confirmed nor refused yet. The provider answers what it still owes."""
        pending = {order["id"] for order in listed(self.me, "/orders?status=pending")} if self.id else set()
        for op in self.ops:
            if op.order_id in pending and op.body["payment_method"] == "sandbox:timeout" and len(op.may_be) > 1:
                self.call_back(op, "authorised")
        return bool(pending)

    def register(self) -> None:
        """Open an account, and have staff log in too."""
        account = {"email": new_email(), "password": PASSWORD, "nickname": self.name}
        answer = self.me.send("POST", "/users", account, Idempotency_Key=self._key())
        self.id = answer.expect(201)["id"]
        self.me = self._logged_in(self.me, account["email"])
        self.staff = self._logged_in(self.staff, STAFF)

    def _logged_in(self, client: Insistent, email: str) -> Insistent:
        tokens = client.send("POST", "/auth/token", {"email": email, "password": PASSWORD}).expect(200)
        client = client.bearing(tokens["access"])
        return client

    def _order(self) -> None:
        again = self.unanswered and self.rng.random() < 0.5
        op = self.unanswered.pop(0) if again else self._wanted()
        try:
            self.place(op, PATIENCE)
        except NoAnswer:
            self.unanswered.append(op)
        if op.status == 201:
            self._after_confirmation(op)
        elif op.status == 202 and op.body["payment_method"] == "sandbox:timeout":
            self._while_pending(op)

    def _wanted(self) -> Op:
        sku, quantity = self.rng.choice(self.skus), self.rng.randint(1, 3)
        method = self.rng.choices(list(METHODS), list(METHODS.values()))[0]
        body: Json = {"lines": [{"sku": sku, "quantity": quantity}], "payment_method": method}
        op = Op(self._key(), body, sku, quantity)
        self.ops.append(op)
        return op

    def place(self, op: Op, patience: float = float("inf")) -> Answer:
        """Send an order, and note what came of it."""
        answer = self.me.send("POST", "/orders", op.body, patience, Idempotency_Key=op.key)
        op.status, op.code, op.order_id = answer.status, answer.json.get("code", ""), answer.json.get("id", "")
        op.answers.add(op.order_id)
        if answer.status == 201:
            # A repeat after a crash may find that the order has come this far by itself.
            op.may_be = {"confirmed"}
        elif answer.status == 202:
            op.may_be = {"confirmed", "refused"}
        elif op.code in REFUSALS:
            op.may_be = {"refused"}
        else:
            self.ledger.wrong(f"{op}: {answer}")
        return answer

    def _after_confirmation(self, op: Op) -> None:
        what = self.rng.random()
        if what < 0.25:
            self._move(op, self.me, "cancelled")
        elif what < 0.6:
            if self._move(op, self.staff, "shipped") and self.rng.random() < 0.4:
                self._move(op, self.staff, "returned")
        elif what < 0.7:
            with ThreadPoolExecutor(2) as both:
                moves = [
                    both.submit(self._move, op, self.me, "cancelled"),
                    both.submit(self._move, op, self.staff, "shipped"),
                ]
            if sum(move.result() for move in moves) != 1:
                self.ledger.wrong(f"{op}: cancelled and shipped at once: {[move.result() for move in moves]}")

    def _while_pending(self, op: Op) -> None:
        what = self.rng.random()
        if what < 0.3:
            self._move(op, self.me, "cancelled")
        elif what < 0.8:
            self.call_back(op, "authorised" if self.rng.random() < 0.7 else "declined")

    def _move(self, op: Op, by: Insistent, status: str) -> bool:
        """Whether the order came to this state: by the answer or, after a lost one, by what it is then."""
        answer = by.send("PATCH", f"/orders/{op.order_id}/status", {"status": status})
        moved = answer.status == 200
        if answer.json.get("code") == "orders.illegal_transition":
            moved = by.get(f"/orders/{op.order_id}").expect(200)["status"] == status
        elif not moved:
            self.ledger.wrong(f"{op}: to be {status}: {answer}")
        if moved:
            op.may_be = {status}
        return moved

    def call_back(self, op: Op, outcome: str) -> None:
        """Answer late, as the provider does, where it was asked."""
        payment_id = self.me.get(f"/orders/{op.order_id}").expect(200)["payment_id"]
        if payment_id is None:
            return
        body = json.dumps({"payment_id": payment_id, "outcome": outcome})

        def once_more() -> Answer | None:
            try:
                return Shop(Client(self._url)).call_back(payment_id, outcome)
            except (urllib3.exceptions.HTTPError, OSError):
                return None

        answer = self._insist(once_more, body)
        settled = answer.json["status"]
        if op.may_be == {"confirmed", "refused"} and settled == "declined":
            op.may_be = {"refused"}

    def _insist(self, send: Callable[[], Answer | None], what: str) -> Answer:
        while time.monotonic() < self.me.until:
            answer = send()
            try:
                if answer and answer.status == 200 and "status" in answer.json:
                    return answer
            except (ValueError, TypeError):
                pass
            time.sleep(0.3)
        raise NoAnswer(f"callback {what}")

    def _key(self) -> str:
        return UUID(int=self.rng.getrandbits(128), version=4).hex


def stocked(client: Client, ledger: Ledger) -> list[str]:
    """Products to order, one of them scarce; before anything is disturbed."""
    shop = Shop(client)
    for pieces in (40, 10_000, 10_000):
        ledger.stock[shop.product(price=PRICE, stock=pieces)] = pieces
    return list(ledger.stock)


def listed(client: Insistent, path: str) -> list[Json]:
    """All pages of a list."""
    found: list[Json] = []
    while path:
        page = client.get(path).expect(200)
        found += page["results"]
        path = (page["next"] or "").partition(API)[2]
    return found
