"""Depots: where there is room for parcels."""

from typing import Annotated
from uuid import UUID

import msgspec

from seamline.contract import Category, Contract, ContractError, Event, Value, command, query, whole

Depot = Annotated[str, msgspec.Meta(pattern=whole("[a-z]{1,20}"), examples=["north"])]
Capacity = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Room(Value):
    """How many parcels a depot has room for."""

    depot: Depot
    free: int
    taken: int
    announced: int = 0
    """How many parcels were sent there, ever."""


class DepotEnlarged(Event, key="depot"):
    """A depot has room for more."""

    depot: Depot


class UnknownDepot(ContractError, category=Category.NOT_FOUND):
    """There is no such depot."""

    depot: Depot


class DepotFull(ContractError, category=Category.CONFLICT):
    """The depot has no room left."""

    depot: Depot


class Depots(Contract, module="depots", version=1):
    """Room in depots."""

    @query(raises=(UnknownDepot,))
    def room(self, depot: Depot) -> Room:
        """Look how much room a depot has."""

    @command
    def enlarge(self, depot: Depot, by: Capacity) -> Room:
        """Give a depot room for more parcels."""

    @command(raises=(UnknownDepot, DepotFull), natural_key=True)
    def book(self, parcel_id: UUID, depot: Depot) -> Room:
        """Keep a place for a parcel."""

    @command(natural_key=True)
    def release(self, parcel_id: UUID) -> None:
        """Give a parcel's place back, where it has one."""
