from django.db import models

from clinic.core.models import Timestamped


class Invoice(Timestamped):
    # The foreign key stays until the module has data of its own.
    appointment = models.OneToOneField("appointments.Appointment", on_delete=models.CASCADE)
    cents = models.IntegerField()
