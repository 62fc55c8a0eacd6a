from contracts.depots import Depot, Room, UnknownDepot
from modules.depots import models


def room(depot: Depot) -> Room:
    row = models.Depot.objects.filter(name=depot).first()
    if row is None:
        raise UnknownDepot(depot)
    taken = models.Booking.objects.filter(depot=row).count()
    return Room(depot, row.capacity - taken, taken, row.announced)
