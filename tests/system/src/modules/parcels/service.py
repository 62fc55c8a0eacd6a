from uuid import UUID

from contracts.depots import Depot, Depots
from contracts.parcels import Grams, Parcel, ParcelSent
from modules.parcels import models, queries
from seamline.calls import call
from seamline.databases import insert_new, transaction
from seamline.events import publish


def send(parcel_id: UUID, depot: Depot, weight: Grams) -> Parcel:
    call(Depots).book(parcel_id, depot)
    with transaction("parcels"):
        if insert_new(models.Parcel(id=parcel_id, depot=depot, weight=weight), "id"):
            publish(ParcelSent(parcel_id, depot))
    return queries.parcel(parcel_id)
