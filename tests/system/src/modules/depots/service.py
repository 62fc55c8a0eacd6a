from uuid import UUID

from contracts.depots import Capacity, Depot, DepotEnlarged, DepotFull, Room
from modules.depots import models, queries
from seamline.databases import insert_new, transaction
from seamline.events import publish


def enlarge(depot: Depot, by: Capacity) -> Room:
    with transaction("depots"):
        row, _ = models.Depot.objects.select_for_update().get_or_create(name=depot)
        row.capacity += by
        row.save()
        publish(DepotEnlarged(depot))
    return queries.room(depot)


def book(parcel_id: UUID, depot: Depot) -> Room:
    with transaction("depots"):
        models.Depot.objects.select_for_update().filter(name=depot).first()
        room = queries.room(depot)
        if insert_new(models.Booking(parcel_id=parcel_id, depot_id=depot), "parcel_id") and not room.free:
            raise DepotFull(depot)
    return queries.room(depot)


def release(parcel_id: UUID) -> None:
    with transaction("depots"):
        models.Booking.objects.filter(parcel_id=parcel_id).delete()
