from uuid import UUID

from django.db.models import QuerySet

from contracts.parcels import Parcel, UnknownParcel
from modules.parcels import models


def parcel(parcel_id: UUID) -> Parcel:
    row = models.Parcel.objects.filter(id=parcel_id).first()
    if row is None:
        raise UnknownParcel(parcel_id)
    return to_parcel(row)


def all_parcels() -> QuerySet[models.Parcel]:
    return models.Parcel.objects.all()


def to_parcel(row: models.Parcel) -> Parcel:
    return Parcel(row.id, row.depot, row.weight, row.created_at)
