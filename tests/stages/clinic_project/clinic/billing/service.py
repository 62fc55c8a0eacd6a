from clinic.billing import models
from contracts.billing import AlreadyCharged, Invoice, InvoiceIssued
from seamline.databases import transaction
from seamline.events import publish


def charge(appointment: int, cents: int) -> Invoice:
    with transaction("billing"):
        row, new = models.Invoice.objects.get_or_create(appointment_id=appointment, defaults={"cents": cents})
        if not new:
            raise AlreadyCharged(appointment=appointment)
        publish(InvoiceIssued(number=row.pk, cents=row.cents))
    return Invoice(number=row.pk, cents=row.cents)
