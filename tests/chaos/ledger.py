"""What the customers were promised, by their own notes."""

import threading
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
PRICE = 1250
SETTLED = ("confirmed", "refused", "shipped", "delivered", "cancelled", "returned")


@dataclass
class Op:
    """One order that somebody wanted, under one Idempotency-Key however often it was sent."""

    key: str
    body: Json
    sku: str
    quantity: int
    status: int = 0
    """Of the answer; 0 while there was none."""
    code: str = ""
    order_id: str = ""
    may_be: set[str] = field(default_factory=set)
    """The states that it may be in at the end, by what was answered."""
    answers: set[str] = field(default_factory=set)
    """The ids of orders that were answered under the key; more than one is a doubled order."""
    ends: str = ""
    """The state that HTTP shows at the end."""

    @property
    def total(self) -> int:
        return PRICE * self.quantity

    def __str__(self) -> str:
        return f"order {self.order_id or '?'} (key {self.key}, {self.quantity} of {self.sku}, answered {self.status})"


@dataclass
class Ledger:
    """The notes of all customers, and what turned out to be wrong."""

    stock: dict[str, int] = field(default_factory=dict)
    """Pieces that staff put in, by SKU."""
    violations: list[str] = field(default_factory=list)
    sent: int = 0
    lost: int = 0
    """Answers that did not come, or made no sense: the request was sent again."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answered: bool) -> None:
        with self._lock:
            self.sent += 1
            self.lost += not answered

    def wrong(self, what: str) -> None:
        with self._lock:
            self.violations.append(what)
