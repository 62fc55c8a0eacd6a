from billing import services as billing
from billing.models import Invoice
from visits.models import Visit


def finish(visit: Visit, amount: int) -> str:
    # The amount is in cents, as everywhere.
    invoice = billing.write_invoice(visit.patient_id, f"V{visit.pk}", amount)
    visit.invoice_id = invoice.id
    visit.save()
    return invoice.number


def settle(visit: Visit) -> bool:
    billing.pay(visit.invoice_id, billing.open_amount(visit.invoice_id))
    return Invoice.objects.get(pk=visit.invoice_id).paid


def overview(patient_id: int) -> list[str]:
    return [f"{each.number}: {each.amount}" for each in billing.of_patient(patient_id)]
