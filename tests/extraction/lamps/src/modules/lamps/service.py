from uuid import UUID

from contracts.lamps import Lamp, TooBright, UnknownLamp
from modules.lamps import models, queries
from seamline.databases import transaction

BRIGHTEST = 500


def make(name: str, watts: int) -> Lamp:
    if watts > BRIGHTEST:
        raise TooBright(watts)
    with transaction("lamps"):
        row = models.Lamp.objects.create(name=name, watts=watts)
    return queries.to_lamp(row)


def rename(lamp_id: UUID, name: str) -> Lamp:
    with transaction("lamps"):
        if not models.Lamp.objects.filter(id=lamp_id).update(name=name):
            raise UnknownLamp(lamp_id)
    return queries.lamp(lamp_id)
