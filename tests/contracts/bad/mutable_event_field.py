"""ParcelSent.labels: set[str] cannot cross between modules; use frozenset[T]"""

from seamline.contract import Event


class ParcelSent(Event, key="parcel_id"):
    parcel_id: str
    labels: set[str]
