"""A contract file in miniature, and every kind of change that can be made to it, with the rules it falls under."""

from typing import NamedTuple

BEFORE = '''
import enum
from typing import Annotated
from uuid import UUID

import msgspec

from contracts.language import Category, Contract, ContractError, Event, Value, command, query

Few = Annotated[int, msgspec.Meta(ge=1, le=10)]


class Size(enum.StrEnum):
    SMALL = "small"
    LARGE = "large"


class State(enum.StrEnum):
    OPEN = "open"
    SHUT = "shut"


class Line(Value, omit_defaults=True):
    sku: str
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


class Refused(ContractError, category=Category.CONFLICT):
    reason: str


class Late(ContractError, category=Category.CONFLICT):
    pass


class Bought(Event, key="customer"):
    customer: str
    number: int


class Shop(Contract, module="shop"):
    @query
    def price(self, sku: str, size: Size, limit: Few = 5) -> int: ...

    @query
    def closing(self) -> None: ...

    @command(raises=(Refused,))
    def buy(
        self, customer: UUID, lines: tuple[Line, ...], by: Cash | Card, coupon: str = "", words: tuple[str, ...] = ()
    ) -> Receipt: ...
'''


class Change(NamedTuple):
    """Edits of `BEFORE`, and the names of the rules that they fall under, made and undone."""

    edits: tuple[tuple[str, str], ...]
    made: set[str]
    undone: set[str]
    then: tuple[tuple[str, str], ...] = ()
    """What can be done only afterwards, and breaks whoever is still as before the first change."""

    @property
    def after(self) -> str:
        return edited(BEFORE, self.edits)

    @property
    def later(self) -> str:
        return edited(self.after, self.then)


def edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    """A text with each of the places changed, each of which must be there once."""
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def _change(old: str, new: str, made: str, undone: str, then: tuple[tuple[str, str], ...] = ()) -> Change:
    return Change(((old, new),), set(made.split()), set(undone.split()), then)


NEW_ERROR = "class Late(ContractError, category=Category.CONFLICT):\n    pass\n"
NEW_FIELD = ("    paid: bool = False", "    paid: bool = False\n    tip: int = 0")

CHANGES = {
    # Contracts and their operations
    "operation": _change(
        "    def closing", "    def opening(self) -> None: ...\n\n    @query\n    def closing", "operation-added", "operation-removed"
    ),
    "operation renamed": _change(
        "def closing", "def closed", "operation-added operation-removed", "operation-added operation-removed"
    ),
    "command from query": _change(
        "@query\n    def closing", "@command\n    def closing", "kind-changed timeout-changed", "kind-changed timeout-changed"
    ),
    "natural key": _change("(raises=(Refused,))", "(raises=(Refused,), natural_key=True)", "key-changed", "key-changed"),
    "timeout": _change("(raises=(Refused,))", "(raises=(Refused,), timeout=9.0)", "timeout-changed", "timeout-changed"),
    # Errors
    "declared error": _change("(Refused,)", "(Refused, Late)", "error-added", "error-removed"),
    "category": _change(
        "Refused(ContractError, category=Category.CONFLICT)",
        "Refused(ContractError, category=Category.DECLINED)",
        "category-changed",
        "category-changed",
    ),
    "field of an error": _change("    reason: str", "    reason: str\n    again: bool = True", "field-added", "field-removed"),
    "required field of an error": _change(
        "    reason: str", "    reason: str\n    again: bool", "field-added-required", "field-removed"
    ),
    # Events
    "event": _change(
        "class Bought(", 'class Left(Event, key="customer"):\n    customer: str\n\n\nclass Bought(', "event-added", "event-removed"
    ),
    "key of an event": _change('Bought(Event, key="customer")', 'Bought(Event, key="number")', *["event-key-changed"] * 2),
    "field of an event": _change(
        "    customer: str\n    number", "    customer: str\n    gift: bool = False\n    number", "", ""
    )._replace(
        edits=(("    customer: str\n    number: int\n", "    customer: str\n    number: int\n    gift: bool = False\n"),),
        made={"field-added"},
        undone={"field-removed"},
    ),
    "required field of an event": _change(
        "    customer: str\n", "    customer: str\n    gift: bool\n", "field-added-required", "field-removed"
    ),
    "version of an event": _change(
        'key="customer")', 'key="customer", version=2)', "event-added event-removed", "event-added event-removed"
    ),
    # Arguments
    "argument": _change("limit: Few = 5", "limit: Few = 5, all: bool = False", "argument-added", "argument-removed"),
    "required argument": _change("size: Size,", "size: Size, unit: str,", "argument-added-required", "argument-removed"),
    "argument renamed": _change("self, sku:", "self, code:", *["argument-added-required argument-removed"] * 2),
    "optional argument": _change("size: Size,", 'size: Size = "large",', "argument-optional", "argument-required")._replace(
        edits=(("size: Size,", "size: Size = Size.LARGE,"),)
    ),
    "argument of a struct": _change(
        "    gift: bool = False", "    gift: bool = False\n    wrap: bool = False", "argument-added", "argument-removed"
    ),
    "required argument of a struct": _change(
        "    quantity: Few", "    quantity: Few\n    weight: int", "argument-added-required", "argument-removed"
    ),
    "optional argument of a struct": _change(
        "    quantity: Few", "    quantity: Few = 1", "field-optional", "argument-required"
    ),
    "argument of a struct that forbids others": Change(
        (
            ("class Line(Value,", "class Line(Value, forbid_unknown_fields=True,"),
            ("    gift: bool = False", "    gift: bool = False\n    wrap: bool = False"),
        ),
        {"argument-added", "struct-closed"},
        {"argument-removed", "struct-opened"},
    ),
    "bound of an argument": _change("le=10)", "le=20)", "argument-widened", "argument-narrowed"),
    "lower bound of an argument": _change("ge=1,", "ge=0,", "argument-widened", "argument-narrowed"),
    "pattern of an argument": _change(
        "self, sku: str",
        "self, sku: Annotated[str, msgspec.Meta(pattern='^[a-z]*$')]",
        "argument-narrowed",
        "argument-widened",
    ),
    "member of an argument": _change('LARGE = "large"', 'LARGE = "large"\n    HUGE = "huge"', "argument-widened", "argument-narrowed"),
    "member renamed": _change('LARGE = "large"', 'LARGE = "big"', *["argument-changed"] * 2),
    "null as an argument": _change("self, sku: str", "self, sku: str | None", "argument-widened", "argument-narrowed"),
    "struct of a union": _change("Cash | Card", "Cash | Card | Voucher", "argument-widened", "argument-narrowed"),
    "tag of a struct": _change('tag="cash"', 'tag="money"', *["argument-changed"] * 2),
    "text from UUID": _change("customer: UUID", "customer: str", "argument-widened", "argument-narrowed"),
    "type of an argument": _change("self, sku: str", "self, sku: int", *["argument-changed"] * 2),
    "float from int": _change("limit: Few = 5", "limit: float = 5.0", *["argument-changed"] * 2),
    "set from tuple": _change(
        "words: tuple[str, ...] = ()",
        "words: frozenset[str] = frozenset()",
        "argument-narrowed",
        "argument-widened",
    ),
    "default of an argument": _change("Few = 5", "Few = 6", *["argument-default-changed"] * 2),
    "default that older servers refuse": _change(
        'coupon: str = ""',
        "coupon: str | None = None",
        "argument-default-changed argument-default-widened argument-widened",
        "argument-default-changed argument-narrowed",
    ),
    "default inside an argument": _change("    gift: bool = False", "    gift: bool = True", *["field-default-changed"] * 2),
    # Answers
    "field": _change(*NEW_FIELD, "field-added", "field-removed"),
    "required field": _change("    number: int\n    state", "    number: int\n    tip: int\n    state", "field-added-required", "field-removed"),
    "optional field": _change("    note: str | None", '    note: str | None = ""', "field-optional", "field-required"),
    "field that can be null": _change("    number: int\n    state", "    number: int | None\n    state", "field-widened", "field-narrowed"),
    "member of an answer": _change('SHUT = "shut"', 'SHUT = "shut"\n    SOLD = "sold"', "field-widened", "field-narrowed"),
    "bound of an answer": _change("le=100)", "le=200)", "field-widened", "field-narrowed"),
    "type of an answer": _change("-> int", "-> str", *["field-changed"] * 2),
    "answer instead of nothing": _change("def closing(self) -> None", "def closing(self) -> int", *["field-changed"] * 2),
    "length of a tuple": _change("tuple[int, int]", "tuple[int, int, int]", *["field-changed"] * 2),
    "default of a field": _change("    paid: bool = False", "    paid: bool = True", *["field-default-changed"] * 2),
    "struct that ignores others": Change(
        (("class Voucher", "class Ticket"),), set(), set()
    ),
    # No change to any peer
    "prose": _change('Meta(ge=1, le=10)', 'Meta(ge=1, le=10, description="Some.", examples=[3])', "", ""),
    "order": _change("    number: int\n    state: State", "    state: State\n    number: int", "", ""),
    "name of a struct": _change("class Receipt(", "class Bill(", "", ""),
}
