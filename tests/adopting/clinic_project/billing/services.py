"""What an invoice goes through."""

from billing.models import Invoice, Payment
from django.db.models import Sum


def write_invoice(patient_id: int, number: str, amount: int, *, paid: bool = False) -> Invoice:
    """Write an invoice for a patient."""
    return Invoice.objects.create(patient_id=patient_id, number=number, amount=amount, paid=paid)


def pay(invoice_id: int, amount: int) -> None:
    """Take a payment."""
    invoice = Invoice.objects.get(pk=invoice_id)
    Payment.objects.create(invoice=invoice, amount=amount)
    if open_amount(invoice_id) <= 0:
        invoice.paid = True
        invoice.save()


def open_amount(invoice_id: int) -> int:
    """Return what is left to pay, in cents."""
    invoice = Invoice.objects.get(pk=invoice_id)
    return invoice.amount - (invoice.payments.aggregate(total=Sum("amount"))["total"] or 0)


def has_debts(patient_id: int) -> bool:
    """Tell whether a patient owes something."""
    return Invoice.objects.filter(patient__id=patient_id, paid=False).exists()


def of_patient(patient_id: int) -> list[Invoice]:
    """Return a patient's invoices."""
    return list(Invoice.objects.filter(patient=patient_id).select_related("patient"))


def reminders(since):
    return Invoice.objects.filter(created_at__gte=since)
