"""The vocabulary every contract is written in.

A contract is a class whose methods are operations, each a `query` (no effect) or a `command` (an effect):

    class Parcels(Contract, module="parcels", version=1):
        @command(raises=(UnknownAddress,))
        def send(self, parcel_id: UUID, lines: tuple[Line, ...]) -> Shipment: ...

Arguments, answers, errors and events are immutable values; what is not is refused when it is declared.
"""

from seamline.contract.contract import Contract, Kind, Operation, command, query
from seamline.contract.currencies import DECIMALS, NO_CURRENCY
from seamline.contract.errors import (
    AvailabilityError,
    Category,
    ContractError,
    DeadlineExceeded,
    InvalidArguments,
    KeyReused,
    Rejected,
    Unavailable,
    Unexpected,
)
from seamline.contract.events import Event
from seamline.contract.money import MINOR_UNITS, Currency, Money, whole
from seamline.contract.texts import DIRECTIONS, reword, text
from seamline.contract.values import AwareDatetime, BadContract, Ids, Value

__all__ = [
    "DECIMALS",
    "DIRECTIONS",
    "MINOR_UNITS",
    "NO_CURRENCY",
    "AvailabilityError",
    "AwareDatetime",
    "BadContract",
    "Category",
    "Contract",
    "ContractError",
    "Currency",
    "DeadlineExceeded",
    "Event",
    "Ids",
    "InvalidArguments",
    "KeyReused",
    "Kind",
    "Money",
    "Operation",
    "Rejected",
    "Unavailable",
    "Unexpected",
    "Value",
    "command",
    "query",
    "reword",
    "text",
    "whole",
]
