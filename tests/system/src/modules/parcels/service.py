from uuid import UUID

from contracts.depots import Depot, Depots
from contracts.measures import Grams
from contracts.parcels import Move, MoveState, Parcel, ParcelSent, ParcelWeighed
from modules.parcels import models, queries
from modules.parcels.sagas import MOVE
from seamline.calls import call
from seamline.databases import insert_new, transaction
from seamline.events import publish


def send(parcel_id: UUID, depot: Depot, weight: Grams) -> Parcel:
    call(Depots).book(parcel_id, depot)
    with transaction("parcels"):
        if insert_new(models.Parcel(id=parcel_id, depot=depot, weight=weight), "id"):
            publish(ParcelSent(parcel_id, depot))
    return queries.parcel(parcel_id)


def move(move_id: UUID, parcel_id: UUID, depot: Depot) -> Move:
    queries.parcel(parcel_id)
    row = models.Move(id=move_id, parcel_id=parcel_id, depot=depot)
    with transaction("parcels"):
        if new := insert_new(row, "id"):
            MOVE.start(move_id)
    outcome = MOVE.run_started(move_id, row) if new else None
    if outcome and outcome.error:
        raise outcome.error
    return queries.find_move(move_id)


def weigh(parcel_id: UUID, weight: Grams) -> Parcel:
    with transaction("parcels"):
        moves = models.Move.objects.filter(parcel_id=parcel_id, state=MoveState.UNDER_WAY)
        for move_id in moves.values_list("id", flat=True):
            MOVE.wake(move_id)
        moves.update(weight=weight)
        publish(ParcelWeighed(parcel_id, weight))
    return queries.parcel(parcel_id)
