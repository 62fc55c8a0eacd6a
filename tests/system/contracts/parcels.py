"""Parcels: what is sent, and where to."""

from enum import StrEnum
from uuid import UUID

from contracts.depots import Depot, DepotFull, UnknownDepot
from contracts.measures import Grams
from seamline.contract import AwareDatetime, Category, Contract, ContractError, Event, Value, command, query


class Parcel(Value):
    """Something that is sent."""

    id: UUID
    depot: Depot
    weight: Grams
    created_at: AwareDatetime


class UnknownParcel(ContractError, category=Category.NOT_FOUND):
    """There is no such parcel."""

    parcel_id: UUID


class UnknownMove(ContractError, category=Category.NOT_FOUND):
    """There is no such move."""

    move_id: UUID


class ParcelSent(Event, key="parcel_id"):
    """A parcel is on its way."""

    parcel_id: UUID
    depot: Depot


class ParcelWeighed(Event, key="parcel_id"):
    """A parcel was put on a scale."""

    parcel_id: UUID
    weight: Grams


class MoveState(StrEnum):
    """How far a move has come."""

    UNDER_WAY = "under_way"
    DONE = "done"
    REFUSED = "refused"


class Move(Value):
    """A parcel's way to another depot."""

    id: UUID
    parcel_id: UUID
    depot: Depot
    state: MoveState
    refusal: str


class Parcels(Contract, module="parcels", version=1):
    """Send parcels, find them, and move them on."""

    @query(raises=(UnknownParcel,))
    def parcel(self, parcel_id: UUID) -> Parcel:
        """Find a parcel."""

    @command(raises=(DepotFull, UnknownDepot), natural_key=True)
    def send(self, parcel_id: UUID, depot: Depot, weight: Grams) -> Parcel:
        """Send a parcel to a depot that has room for it."""

    @command(raises=(UnknownParcel, DepotFull, UnknownDepot), natural_key=True)
    def move(self, move_id: UUID, parcel_id: UUID, depot: Depot) -> Move:
        """Move a parcel to another depot, where it is weighed before it is let in."""

    @query(raises=(UnknownMove,))
    def find_move(self, move_id: UUID) -> Move:
        """Find a move."""

    @command(raises=(UnknownParcel,), natural_key=True)
    def weigh(self, parcel_id: UUID, weight: Grams) -> Parcel:
        """Note what a parcel weighs, for the move that waits for it."""
