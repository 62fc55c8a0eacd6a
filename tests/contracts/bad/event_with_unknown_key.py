"""ParcelSent has no field 'parcel' to order it by"""

from seamline.contract import Event


class ParcelSent(Event, key="parcel"):
    parcel_id: str
