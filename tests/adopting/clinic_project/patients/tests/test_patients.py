from django.test import TestCase
from patients.services import Indebted, forget, register


class PatientTests(TestCase):
    databases = "__all__"

    def test_a_patient_without_debts_is_forgotten(self):
        patient = register("Ada")
        forget(patient)
        self.assertIsNone(patient.pk)

    def test_a_patient_with_debts_stays(self):
        from billing.services import write_invoice

        patient = register("Ada")
        write_invoice(patient.pk, "1", 500)
        with self.assertRaises(Indebted):
            forget(patient)
