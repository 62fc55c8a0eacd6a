from acme.parts.parcels import models
from contracts.parcels import Parcel, Sent
from seamline.contract import ContractError
from seamline.databases import insert, transaction
from seamline.events import publish


class TooHeavy(ContractError):
    """The parcel is too heavy."""


def send(number: int, sender: int) -> Parcel:
    with transaction("parcels"):
        insert(models.Parcel(number=number, sender=sender))
        publish(Sent(number))
    return Parcel(number, sender)
