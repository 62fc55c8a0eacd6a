"""Parcels, whose senders are known by whole numbers."""

from seamline.contract import Category, Contract, ContractError, Event, Value, command, query


class NoParcel(ContractError, category=Category.NOT_FOUND):
    """There is no such parcel."""

    number: int


class Parcel(Value):
    """A parcel, and who sent it."""

    number: int
    sender: int


class Sent(Event, key="number"):
    """A parcel was sent."""

    number: int


class Parcels(Contract, module="parcels"):
    """Parcels that were sent."""

    @query(raises=(NoParcel,))
    def parcel(self, number: int) -> Parcel: ...

    @command
    def send(self, number: int, sender: int) -> Parcel: ...
