from uuid import UUID

from django.db.models import QuerySet

from contracts.parcels import Move, MoveState, Parcel, UnknownMove, UnknownParcel
from modules.parcels import models


def parcel(parcel_id: UUID) -> Parcel:
    row = models.Parcel.objects.filter(id=parcel_id).first()
    if row is None:
        raise UnknownParcel(parcel_id)
    return to_parcel(row)


def find_move(move_id: UUID) -> Move:
    row = models.Move.objects.filter(id=move_id).first()
    if row is None:
        raise UnknownMove(move_id)
    return Move(row.id, row.parcel_id, row.depot, MoveState(row.state), row.refusal)


def all_parcels() -> QuerySet[models.Parcel]:
    return models.Parcel.objects.all()


def to_parcel(row: models.Parcel) -> Parcel:
    return Parcel(row.id, row.depot, row.weight, row.created_at)
