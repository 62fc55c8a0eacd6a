from django.db import models
from patients.models import Patient


class Visit(models.Model):
    patient = models.ForeignKey(Patient, models.CASCADE)
    invoice = models.OneToOneField("billing.Invoice", models.SET_NULL, null=True, blank=True)
    reason = models.CharField(max_length=200)
