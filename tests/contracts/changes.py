"""A contract file in miniature, and every kind of change that can be made to it, with the rules it falls under."""

from typing import NamedTuple

BEFORE = """
import enum
from typing import Annotated
from uuid import UUID

import msgspec

from seamline.contract import Category, Contract, ContractError, Event, Value, command, query

Few = Annotated[int, msgspec.Meta(ge=1, le=10)]


class Size(enum.StrEnum):
    SMALL = "small"
    LARGE = "large"


class State(enum.StrEnum):
    OPEN = "open"
    SHUT = "shut"


class Line(Value, omit_defaults=True):
    label: str
    quantity: Few
    gift: bool = False


class Cash(Value, tag="cash"):
    coins: int


class Card(Value, tag="card"):
    number: str


class Voucher(Value, tag="voucher"):
    code: str


class Receipt(Value, omit_defaults=True):
    number: int
    state: State
    box: tuple[int, int]
    total: Annotated[int, msgspec.Meta(ge=0, le=100)]
    note: str | None
    paid: bool = False


class Seal(Value, forbid_unknown_fields=True):
    mark: str


class Refused(ContractError, category=Category.CONFLICT):
    reason: str


class Late(ContractError, category=Category.CONFLICT):
    pass


class Bought(Event, key="customer"):
    customer: str
    number: int


class Kiosk(Contract, module="kiosk"):
    @query
    def price(self, label: str, size: Size, limit: Few = 5) -> int: ...

    @query
    def closing(self) -> None: ...

    @query
    def check(self, seal: Seal) -> Seal: ...

    @command(raises=(Refused,))
    def buy(
        self, customer: UUID, lines: tuple[Line, ...], by: Cash | Card, voucher: str = "", words: tuple[str, ...] = ()
    ) -> Receipt: ...
"""


class Change(NamedTuple):
    """An edit of `BEFORE`, and the names of the rules that it falls under."""

    old: str
    new: str
    made: str
    """Rules when `old` becomes `new`."""
    undone: str
    """Rules when `new` becomes `old`."""
    then: tuple[str, str] | None = None
    """A compatible edit that may follow, and that peers from before the first would not understand."""

    @property
    def after(self) -> str:
        return _edited(BEFORE, self.old, self.new)

    @property
    def later(self) -> str:
        return _edited(self.after, *self.then) if self.then else self.after


def _edited(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def _both(old: str, new: str, rules: str) -> Change:
    return Change(old, new, rules, rules)


CONTRACTS = {
    "operation": Change(
        "    def closing",
        "    def opening(self) -> None: ...\n\n    @query\n    def closing",
        "operation-added",
        "operation-removed",
    ),
    "operation renamed": _both("def closing", "def closed", "operation-added operation-removed"),
    "command from query": _both("@query\n    def closing", "@command\n    def closing", "kind-changed timeout-changed"),
    "natural key": _both("(raises=(Refused,))", "(raises=(Refused,), natural_key=True)", "key-changed"),
    "time": _both("(raises=(Refused,))", "(raises=(Refused,), timeout=9.0)", "timeout-changed"),
    "prose": _both("Meta(ge=1, le=10)", "Meta(ge=1, le=10, description='Some.', examples=[3])", ""),
    "order": _both("    number: int\n    state: State", "    state: State\n    number: int", ""),
}
ERRORS = {
    "declared error": Change("(Refused,)", "(Refused, Late)", "error-added", "error-removed"),
    "category": _both(
        "Refused(ContractError, category=Category.CONFLICT)",
        "Refused(ContractError, category=Category.DECLINED)",
        "category-changed",
    ),
    "field of an error": Change(
        "    reason: str", "    reason: str\n    again: bool = True", "field-added", "field-removed"
    ),
    "required field of an error": Change(
        "    reason: str", "    reason: str\n    again: bool", "field-added-required", "field-removed"
    ),
}
EVENTS = {
    "event": Change(
        "class Bought(",
        "class Left(Event, key='customer'):\n    customer: str\n\n\nclass Bought(",
        "event-added",
        "event-removed",
    ),
    "version of an event": _both('key="customer")', 'key="customer", version=2)', "event-added event-removed"),
    "key of an event": _both('Bought(Event, key="customer")', 'Bought(Event, key="number")', "event-key-changed"),
    "field of an event": Change(
        "    customer: str\n    number: int",
        "    customer: str\n    number: int\n    gift: bool = False",
        "field-added",
        "field-removed",
    ),
    "required field of an event": Change(
        "    customer: str\n", "    customer: str\n    gift: bool\n", "field-added-required", "field-removed"
    ),
}
ARGUMENTS = {
    "argument": Change("limit: Few = 5", "limit: Few = 5, all: bool = False", "argument-added", "argument-removed"),
    "required argument": Change("size: Size,", "size: Size, by: str,", "argument-added-required", "argument-removed"),
    "argument renamed": _both("self, label:", "self, code:", "argument-added-required argument-removed"),
    "optional argument": Change("size: Size,", "size: Size = Size.LARGE,", "argument-optional", "argument-required"),
    "inner argument": Change(
        "    gift: bool = False", "    gift: bool = False\n    wrap: bool = False", "argument-added", "argument-removed"
    ),
    "required inner argument": Change(
        "    quantity: Few", "    quantity: Few\n    weight: int", "argument-added-required", "argument-removed"
    ),
    "optional inner argument": Change(
        "    quantity: Few", "    quantity: Few = 1", "field-optional", "argument-required"
    ),
    "upper bound": Change("le=10)", "le=20)", "argument-widened", "argument-narrowed"),
    "lower bound": Change("ge=1,", "ge=0,", "argument-widened", "argument-narrowed"),
    "pattern": Change(
        "self, label: str",
        "self, label: Annotated[str, msgspec.Meta(pattern='^[a-z]*$')]",
        "argument-narrowed",
        "argument-widened",
    ),
    "member": Change('LARGE = "large"', 'LARGE = "large"\n    HUGE = "huge"', "argument-widened", "argument-narrowed"),
    "member renamed": _both('LARGE = "large"', 'LARGE = "big"', "argument-changed"),
    "null": Change("self, label: str", "self, label: str | None", "argument-widened", "argument-narrowed"),
    "struct of a union": Change("Cash | Card", "Cash | Card | Voucher", "argument-widened", "argument-narrowed"),
    "tag of a struct": _both('tag="cash"', 'tag="money"', "argument-changed"),
    "text from UUID": Change("customer: UUID", "customer: str", "argument-widened", "argument-narrowed"),
    "int from text": _both("self, label: str", "self, label: int", "argument-changed"),
    "float from int": _both("limit: Few = 5", "limit: float = 5", "argument-changed"),
    "set from tuple": Change(
        "words: tuple[str, ...] = ()",
        "words: frozenset[str] = frozenset()",
        "argument-narrowed",
        "argument-widened",
    ),
    "default": _both("Few = 5", "Few = 6", "default-changed"),
    "null by default": Change(
        'voucher: str = ""',
        "voucher: str | None = None",
        "argument-widened default-changed",
        "argument-narrowed default-changed",
    ),
    "inner default": _both("    gift: bool = False", "    gift: bool = True", "default-changed"),
}
ANSWERS = {
    "field": Change(
        "    paid: bool = False", "    paid: bool = False\n    tip: int = 0", "field-added", "field-removed"
    ),
    "required field": Change(
        "    state: State\n", "    state: State\n    tip: int\n", "field-added-required", "field-removed"
    ),
    "optional field": Change("    note: str | None", "    note: str | None = None", "field-optional", "field-required"),
    "null field": Change("    box: tuple", "    box: None | tuple", "field-widened", "field-narrowed"),
    "member of an answer": Change(
        'SHUT = "shut"', 'SHUT = "shut"\n    SOLD = "sold"', "field-widened", "field-narrowed"
    ),
    "bound of an answer": Change("le=100)", "le=200)", "field-widened", "field-narrowed"),
    "type of an answer": _both("-> int", "-> str", "field-changed"),
    "answer instead of nothing": _both("closing(self) -> None", "closing(self) -> int", "field-changed"),
    "length of a tuple": _both("tuple[int, int]", "tuple[int, int, int]", "field-changed"),
    "field default": _both("    paid: bool = False", "    paid: bool = True", "default-changed"),
    "field of a strict struct": Change(
        "    mark: str",
        "    mark: str\n    wax: bool = False",
        "argument-refused field-refused",
        "argument-removed field-removed",
    ),
    "strict no longer": Change(
        "Seal(Value, forbid_unknown_fields=True)",
        "Seal(Value)",
        "struct-opened",
        "struct-closed",
        then=("    mark: str", "    mark: str\n    wax: bool = False"),
    ),
}
CHANGES = CONTRACTS | ERRORS | EVENTS | ARGUMENTS | ANSWERS
