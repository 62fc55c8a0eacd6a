from billing import services
from billing.models import Invoice
from django.test import TestCase
from patients.models import Patient


class BillingTests(TestCase):
    databases = "__all__"

    def setUp(self):
        self.patient = Patient.objects.create(name="Ada")

    def test_what_is_paid_is_no_debt(self):
        invoice = Invoice.objects.create(patient=self.patient, number="1", amount=500)
        services.pay(invoice.pk, 300)
        self.assertTrue(services.has_debts(self.patient.pk))
        services.pay(invoice.pk, 200)
        self.assertFalse(services.has_debts(self.patient.pk))

    def test_invoices_come_in_order(self):
        services.write_invoice(self.patient.pk, "2", 1)
        services.write_invoice(self.patient.pk, "1", 1)
        self.assertEqual([each.number for each in services.of_patient(self.patient.pk)], ["1", "2"])
