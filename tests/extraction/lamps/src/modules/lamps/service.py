from uuid import UUID

from contracts.lamps import Lamp, LampGone, LampRenamed, TooBright, UnknownLamp
from modules.lamps import models, queries
from seamline.databases import transaction
from seamline.events import publish

BRIGHTEST = 500
BROKEN = "broken"


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
        publish(LampRenamed(lamp_id, name))
    return queries.lamp(lamp_id)


def give_up(lamp_id: UUID) -> None:
    """Take a broken lamp back from whoever has it."""
    if models.Lamp.objects.filter(id=lamp_id).exclude(name=BROKEN).update(name=BROKEN):
        models.Loan.objects.filter(lamp_id=lamp_id).delete()
        publish(LampGone(lamp_id))
