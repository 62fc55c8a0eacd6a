from contracts.parcels import NoParcel, Parcel
from shop.parts.parcels import models


def parcel(number: int) -> Parcel:
    found = models.Parcel.objects.filter(number=number).first()
    if found is None:
        raise NoParcel(number=number)
    return Parcel(found.number, found.sender)
