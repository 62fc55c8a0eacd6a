"""The vocabulary every contract is written in.

A contract is a class whose methods are operations, each a `query` (no effect) or a `command` (an effect):

    class Parcels(Contract, module="parcels", version=1):
        @command(raises=(UnknownAddress,))
        def send(self, parcel_id: UUID, lines: tuple[Line, ...]) -> Shipment: ...

Arguments, answers, errors and events are immutable values; what is not is refused when it is declared.
"""

from contracts.language.contract import Contract, Kind, Operation, command, query
from contracts.language.errors import (
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
from contracts.language.events import Event
from contracts.language.money import Currency, Money, Quantity, Sku, whole
from contracts.language.values import AwareDatetime, BadContract, Ids, Value

__all__ = [
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
    "Quantity",
    "Rejected",
    "Sku",
    "Unavailable",
    "Unexpected",
    "Value",
    "command",
    "query",
    "whole",
]
