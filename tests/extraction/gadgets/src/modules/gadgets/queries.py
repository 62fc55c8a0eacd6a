from uuid import UUID

from contracts.gadgets import Gadget, UnknownGadget
from modules.gadgets import models


def gadget(gadget_id: UUID) -> Gadget:
    return to_gadget(row_of(gadget_id))


def makers() -> tuple[str, ...]:
    return tuple(models.Maker.objects.order_by("name").values_list("name", flat=True))


def row_of(gadget_id: UUID) -> models.Gadget:
    """One gadget, with all that is kept of it. Raises `UnknownGadget`."""
    row = models.Gadget.objects.filter(id=gadget_id).first()
    if row is None:
        raise UnknownGadget(gadget_id)
    return row


def to_gadget(row: models.Gadget) -> Gadget:
    return Gadget(row.id, row.name, row.weight, row.polished)
