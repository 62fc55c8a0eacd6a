from contracts.depots import DepotEnlarged
from contracts.parcels import ParcelSent
from modules.notes.models import Note


def on_parcel_sent(event: ParcelSent) -> None:
    Note.objects.create(parcel_id=event.parcel_id, text=f"Sent to {event.depot}")


def on_depot_enlarged(event: DepotEnlarged) -> None:
    Note.objects.create(text=f"More room in {event.depot}")
