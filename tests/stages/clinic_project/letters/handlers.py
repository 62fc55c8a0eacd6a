from contracts.billing import InvoiceIssued
from letters.models import Letter


def on_invoice_issued(event: InvoiceIssued) -> None:
    Letter.objects.create(invoice=event.number, text=f"You owe {event.cents} cents")
