from clinic.core.models import Timestamped
from django.conf import settings
from django.db import models


class Appointment(Timestamped):
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    cents = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"appointment {self.pk}"
