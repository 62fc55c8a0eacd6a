from celery import shared_task

from modules.gadgets.models import Gadget
from seamline import context


@shared_task
def weigh(gadget_id: str) -> None:
    """Find out what a gadget weighs."""
    row = Gadget.objects.get(id=gadget_id)
    row.weight, row.facts = len(row.name), {"weighed_by": context.current().module}
    row.save(update_fields=["weight", "facts"])
