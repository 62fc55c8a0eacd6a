from django.db.models import F

from contracts.parcels import ParcelSent
from modules.depots.models import Depot


def on_parcel_sent(event: ParcelSent) -> None:
    Depot.objects.filter(name=event.depot).update(announced=F("announced") + 1)
