from billing.services import has_debts
from patients.models import Patient


class Indebted(Exception):
    pass


def register(name: str) -> Patient:
    return Patient.objects.create(name=name)


def forget(patient: Patient) -> None:
    if has_debts(patient.pk):
        raise Indebted
    patient.delete()
