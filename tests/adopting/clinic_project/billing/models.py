from common.models import Dated
from django.conf import settings
from django.db import models


class Invoice(Dated):
    patient = models.ForeignKey("patients.Patient", on_delete=models.CASCADE, related_name="invoices")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    number = models.CharField(max_length=20, unique=True)
    amount = models.PositiveIntegerField()
    paid = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]
        unique_together = [("patient", "number")]

    @property
    def is_large(self) -> bool:
        return self.amount > 100_000


class Payment(Dated):
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="payments")
    amount = models.PositiveIntegerField()
