from django.contrib.auth import get_user_model
from django.test import TestCase

from appointments.models import Appointment
from contracts.billing import InvoiceIssued
from seamline.testing import captured_events


class Settling(TestCase):
    databases = {"default", "letters"}

    def test_settling_charges_once(self) -> None:
        patient = get_user_model().objects.create_user("eve")
        appointment = Appointment.objects.create(patient=patient, cents=4200)
        with captured_events(InvoiceIssued) as published:
            self.assertEqual(self.client.post(f"/appointments/{appointment.pk}/settle/").json()["owed"], 4200)
            self.assertEqual(self.client.post(f"/appointments/{appointment.pk}/settle/").status_code, 409)
            self.assertEqual([event.cents for event in published()], [4200])
