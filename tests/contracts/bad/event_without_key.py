"""ParcelSent names no ordering key; write class ParcelSent(Event, key='…')"""

from seamline.contract import Event


class ParcelSent(Event):
    parcel_id: str
