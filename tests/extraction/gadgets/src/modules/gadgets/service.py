from functools import partial
from uuid import UUID

from django.core.files.base import ContentFile
from django.db.transaction import on_commit

from contracts.gadgets import Gadget, GadgetMade
from modules.gadgets import models, queries, tasks
from seamline.databases import transaction
from seamline.events import publish


def make(gadget_id: UUID, name: str) -> Gadget:
    with transaction("gadgets"):
        maker = models.Maker.objects.get(name="Ada")
        row, new = models.Gadget.objects.get_or_create(id=gadget_id, defaults={"name": name, "maker": maker})
        if new:
            row.manual.save(f"{gadget_id}.txt", ContentFile(f"How to use a {name}.".encode()))
            publish(GadgetMade(gadget_id))
            on_commit(partial(tasks.weigh.delay, str(gadget_id)), using="gadgets")
    return queries.gadget(gadget_id)
