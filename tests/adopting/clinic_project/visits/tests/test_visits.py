from django.test import TestCase
from patients.models import Patient
from visits.models import Visit
from visits.services import finish, overview, settle


class VisitTests(TestCase):
    databases = "__all__"

    def test_a_visit_is_finished_and_settled(self):
        patient = Patient.objects.create(name="Ada")
        visit = Visit.objects.create(patient=patient, reason="fever")
        number = finish(visit, 700)
        self.assertEqual(overview(patient.pk), [f"{number}: 700"])
        self.assertTrue(settle(visit))
