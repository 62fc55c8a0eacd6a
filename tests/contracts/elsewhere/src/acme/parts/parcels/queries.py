from acme.parts.parcels import models
from contracts.parcels import NoParcel, Parcel


def parcel(number: int) -> Parcel:
    found = models.Parcel.objects.filter(number=number).first()
    if found is None:
        raise NoParcel(number=number)
    return Parcel(found.number, found.sender)
