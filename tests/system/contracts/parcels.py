"""Parcels: what is sent, and where to."""

from typing import Annotated
from uuid import UUID

import msgspec

from contracts.depots import Depot, DepotFull, UnknownDepot
from seamline.contract import AwareDatetime, Category, Contract, ContractError, Event, Value, command, query

Grams = Annotated[int, msgspec.Meta(ge=1, le=30_000)]


class Parcel(Value):
    """Something that is sent."""

    id: UUID
    depot: Depot
    weight: Grams
    created_at: AwareDatetime


class UnknownParcel(ContractError, category=Category.NOT_FOUND):
    """There is no such parcel."""

    parcel_id: UUID


class ParcelSent(Event, key="parcel_id"):
    """A parcel is on its way."""

    parcel_id: UUID
    depot: Depot


class Parcels(Contract, module="parcels", version=1):
    """Send parcels, and find them."""

    @query(raises=(UnknownParcel,))
    def parcel(self, parcel_id: UUID) -> Parcel:
        """Find a parcel."""

    @command(raises=(DepotFull, UnknownDepot), natural_key=True)
    def send(self, parcel_id: UUID, depot: Depot, weight: Grams) -> Parcel:
        """Send a parcel to a depot that has room for it."""
